import type { GatewayStatus } from '../api/gateway-status.ts';
import type { KubeObject } from '../kube/object.ts';
import type { ResourceKind } from '../kube/resource.ts';

/** `v1.Node`, as far as it says whether it is cordoned. */
export interface Node extends KubeObject {
  readonly spec?: { readonly unschedulable?: boolean };
}

export const nodeKind: ResourceKind<Node> = { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false };

/** What the API server says of the guard's node. */
export interface NodeFacts {
  readonly node: Node | undefined;
  readonly gateway: GatewayStatus | undefined;
}

/**
 * Why the node must not go yet; `undefined`: nothing is lost. A guard that is asked to end on a node that nobody drains is only replaced
 * itself. A cordon is written before the first eviction, so a gateway that has not heard of it is waited for. Pure.
 */
export function whyHeld({ node, gateway }: NodeFacts): string | undefined {
  const { state, reason, message = '' } = gateway?.status ?? {};
  if (state === undefined || reason === 'Removed') return undefined;
  if (state === 'Draining') return reason === 'Drained' ? undefined : `the gateway has connections: ${message}`;
  return node?.spec?.unschedulable === true ? `the gateway has not said that it drains: ${state} ${message}` : undefined;
}

/** Why the gateway does not count as one of those that serve, of which one at a time may go; `undefined`: it does. Pure. */
export function whyNotServing({ gateway }: Pick<NodeFacts, 'gateway'>): string | undefined {
  if (gateway === undefined) return 'the node has no GatewayStatus';
  const { state = 'NotReady', reason = 'NotReported', message = '' } = gateway.status ?? {};
  return state === 'NotReady' ? `the gateway is not ready: ${reason}: ${message}` : undefined;
}
