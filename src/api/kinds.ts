import { egressWorkerKind } from './egress-worker.ts';
import { gatewayStatusKind } from './gateway-status.ts';
import { gatewayVmConfigurationKind } from './gateway-vm-configuration.ts';
import type { Kind } from './kind.ts';
import { podEndpointKind } from './pod-endpoint.ts';
import { staticGatewayConfigurationKind } from './static-gateway-configuration.ts';

/** Every kind of the group. A new kind is a file and a line here; then `node src/cmd/generate.ts`. */
export const kinds: readonly Kind<unknown>[] = [
  staticGatewayConfigurationKind,
  gatewayVmConfigurationKind,
  gatewayStatusKind,
  egressWorkerKind,
  podEndpointKind,
];
