import type { GatewayStatus } from '../../api/gateway-status.ts';
import type { Applied } from '../../kube/client.ts';
import type { Holders } from '../allocation/ledger-store.ts';
import type { Node } from '../cluster-kinds.ts';
import { nodeObjectMetadata } from '../node-object.ts';
import { isGatewayNode } from '../node-role.ts';

export function desiredGatewayStatus(node: Node, number: number): Applied<GatewayStatus> {
  return { metadata: nodeObjectMetadata(node), spec: { number } };
}

/** Gateway nodes hold numbers, those that their objects show. */
export function numberHolders(nodes: readonly Node[], statuses: readonly GatewayStatus[]): Holders {
  return {
    live: new Set(nodes.filter(isGatewayNode).map(({ metadata }) => metadata.name)),
    known: new Map(statuses.map(({ spec, metadata }) => [spec.number, metadata.name])),
  };
}
