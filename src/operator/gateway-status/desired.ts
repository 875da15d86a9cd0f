import type { GatewayStatus } from '../../api/gateway-status.ts';
import { gatewayStatusKind } from '../../api/gateway-status.ts';
import { systemNamespace } from '../../api/names.ts';
import type { Applied } from '../../kube/client.ts';
import { controllerReference } from '../../kube/owner-reference.ts';
import { nodeKind, type Node } from '../cluster-kinds.ts';
import { isGatewayNode } from '../node-role.ts';
import type { Holders } from '../allocation/ledger-store.ts';

/** The GatewayStatus of a gateway node: it goes with the node. */
export function desiredGatewayStatus(node: Node, number: number): Applied<GatewayStatus> {
  return {
    apiVersion: `${gatewayStatusKind.group}/${gatewayStatusKind.version}`,
    kind: gatewayStatusKind.kind,
    metadata: {
      namespace: systemNamespace,
      name: node.metadata.name,
      ownerReferences: [controllerReference(nodeKind, node)],
    },
    spec: { number },
  };
}

/** Gateway nodes hold the numbers that their objects show. */
export function numberHolders(nodes: readonly Node[], statuses: readonly GatewayStatus[]): Holders {
  return {
    live: new Set(nodes.filter(isGatewayNode).map(({ metadata }) => metadata.name)),
    known: new Map(statuses.map(({ spec, metadata }) => [spec.number, metadata.name])),
  };
}

/** Whether the object belongs to this very node: one of that name may have been here before. */
export function isOwnedBy(object: { readonly metadata: { readonly ownerReferences?: readonly { readonly uid: string }[] } }, { metadata }: Node): boolean {
  return object.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid) ?? false;
}
