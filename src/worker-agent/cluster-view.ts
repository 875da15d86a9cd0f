import type { EgressWorker } from '../api/egress-worker.ts';
import type { GatewayStatus } from '../api/gateway-status.ts';
import type { GatewayVmConfiguration } from '../api/gateway-vm-configuration.ts';
import { labels } from '../api/names.ts';
import type { StaticGatewayConfiguration } from '../api/static-gateway-configuration.ts';
import type { Node, ServiceCidr } from './kube-kinds.ts';

/** What the API server says of the cluster, as far as a worker needs it. */
export interface ClusterView {
  readonly nodes: readonly Node[];
  readonly serviceCidrs: readonly ServiceCidr[];
  readonly configurations: readonly StaticGatewayConfiguration[];
  readonly vmConfigurations: readonly GatewayVmConfiguration[];
  readonly gatewayStatuses: readonly GatewayStatus[];
  /** Of this node; `undefined` until the operator has made it. */
  readonly worker: EgressWorker | undefined;
}

/** AKS writes the mode in several spellings. */
export function isGatewayNode({ metadata }: Node): boolean {
  const { [labels.aksMode]: mode, [labels.gatewayNode]: isGateway } = metadata.labels ?? {};
  return mode?.toLowerCase() === 'gateway' || isGateway === 'true';
}
