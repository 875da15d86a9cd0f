import { SegwError } from '../base/error.ts';
import { pollUntil } from '../base/poll.ts';
import type { KubeClient } from '../kube/client.ts';
import { leaseKind } from '../kube/lease.ts';
import { nodeKind } from './cluster-objects.ts';
import type { ClusterSpec, NodeSpec } from './cluster-platform.ts';
import { desiredNodePatch, desiredTaintPatch, unreadyReason } from './node-state.ts';

const timeoutMs = 120_000;

interface ReadinessOptions {
  readonly client: KubeClient;
  readonly since: Date;
  readonly signal: AbortSignal;
}

/**
 * Waits until the node has registered, sets what on Azure the cloud's controllers set, and waits until the node is Ready, as confirmed
 * by a lease that was renewed at `since` or later. Throws `Timeout` that says what is missing.
 */
export async function ensureNode(
  cluster: ClusterSpec,
  node: NodeSpec,
  { client, since, signal }: ReadinessOptions,
): Promise<void> {
  const { name } = node;
  const read = async () => client.find(nodeKind, { name }, { signal });
  await pollUntil(`registration of node ${name}`, (note) => tolerant(read, note), { timeoutMs, signal });
  await client.patch(nodeKind, { name }, desiredNodePatch(cluster, node), { signal });
  await pollUntil(`taints of node ${name}`, (note) => tolerant(() => ensureTaints(client, node, signal), note), {
    timeoutMs,
    signal,
  });
  await pollUntil(
    `readiness of node ${name}`,
    (note) =>
      tolerant(async () => {
        const lease = await client.find(leaseKind, { namespace: 'kube-node-lease', name }, { signal });
        const reason = unreadyReason(await read(), lease, since);
        if (reason === undefined) return true;
        note(reason);
        return undefined;
      }, note),
    { timeoutMs, intervalMs: 200, signal },
  );
}

/** Another writer in between is a conflict, after which it is read again. */
async function ensureTaints(client: KubeClient, node: NodeSpec, signal: AbortSignal): Promise<true> {
  const key = { name: node.name };
  const running = await client.find(nodeKind, key, { signal });
  const patch = running && desiredTaintPatch(running, node);
  if (patch) await client.patch(nodeKind, key, patch, { signal });
  return true;
}

/** An API server that is away for a moment is one more thing to wait for. */
async function tolerant<T>(probe: () => Promise<T | undefined>, note: (state: string) => void): Promise<T | undefined> {
  try {
    return await probe();
  } catch (error) {
    if (!(error instanceof SegwError && error.retryable)) throw error;
    note(error.message);
    return undefined;
  }
}
