import { type GatewayStatus, gatewayStatusKind } from '../../api/gateway-status.ts';
import { pollUntil } from '../../base/poll.ts';
import type { KubeClient } from '../../kube/client.ts';
import { listAll } from '../../kube/list-watch.ts';
import type { KubeObject } from '../../kube/object.ts';
import { nodeKind } from '../cluster-objects.ts';

const timeoutMs = 180_000;
const poolLabel = 'kubernetes.azure.com/agentpool';

export interface GatewayFacts {
  readonly nodes: readonly KubeObject[];
  readonly statuses: readonly GatewayStatus[];
}

/**
 * Waits until the gateway on this node serves what the others of its pool serve: only then may the next of them be taken away. Throws
 * `Timeout` that says what is missing.
 */
export async function awaitGateway(client: KubeClient, nodeName: string, signal: AbortSignal): Promise<void> {
  await pollUntil(
    `gateway on node ${nodeName}`,
    async (note) => {
      const { items: nodes } = await listAll(client, nodeKind, { signal });
      const { items: statuses } = await listAll(client, gatewayStatusKind, { signal });
      const lag = gatewayLag(nodeName, { nodes, statuses });
      if (lag === undefined) return true;
      note(lag);
      return undefined;
    },
    { timeoutMs, intervalMs: 500, signal },
  );
}

/** What the gateway lacks; `undefined`: nothing. A status that an earlier node of the same name left behind says nothing about this one. */
export function gatewayLag(nodeName: string, { nodes, statuses }: GatewayFacts): string | undefined {
  const node = nodes.find(({ metadata }) => metadata.name === nodeName);
  if (node === undefined) return 'there is no such node';
  const own = statuses.find(({ metadata }) => metadata.name === nodeName);
  if (own?.metadata.ownerReferences?.some(({ uid }) => uid === node.metadata.uid) !== true) return 'it has no GatewayStatus yet';
  const { state = 'NotReady', message = 'it has not reported yet' } = own.status ?? {};
  if (state !== 'Ready') return `${state}: ${message}`;
  const peers = nodes.filter(({ metadata }) => metadata.labels?.[poolLabel] === node.metadata.labels?.[poolLabel]);
  const peerNames = new Set(peers.map(({ metadata }) => metadata.name));
  const served = new Set(configurationsOf(own));
  const missing = statuses
    .filter(({ metadata }) => peerNames.has(metadata.name))
    .flatMap(configurationsOf)
    .filter((configuration) => !served.has(configuration));
  return missing.length === 0 ? undefined : `it does not serve ${[...new Set(missing)].sort().join(', ')} yet`;
}

function configurationsOf({ status }: GatewayStatus): readonly string[] {
  return (status?.configurations ?? []).map(({ namespace, name }) => `${namespace}/${name}`);
}
