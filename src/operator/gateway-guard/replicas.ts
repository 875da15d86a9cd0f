import type { Deployment, Node } from '../cluster-kinds.ts';
import { isGatewayNode, isLinuxNode } from '../node-role.ts';

/**
 * What the Deployment of the guards has to be changed to; `undefined`: nothing, or there is none. A cordoned node counts, too: were its
 * guard's place given up, the Deployment might end another node's guard. Pure.
 */
export function desiredReplicas(deployment: Deployment | undefined, nodes: readonly Node[]): number | undefined {
  if (deployment === undefined) return undefined;
  const replicas = nodes.filter((node) => isGatewayNode(node) && isLinuxNode(node)).length;
  return deployment.spec?.replicas === replicas ? undefined : replicas;
}
