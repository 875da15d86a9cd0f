import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import { isError } from '../kube/api-error.ts';
import type { KubeClient } from '../kube/client.ts';
import { listAll } from '../kube/list-watch.ts';
import { formatKey, keyOf } from '../kube/object.ts';
import { hasCondition, nodeKind, podKind, type Node, type Pod } from './cluster-objects.ts';

const defaultIntervalMs = 500;

interface DrainOptions {
  readonly nodeName: string;
  /** For the evictions as a whole; what is still there then goes with the node. */
  readonly limitMs: number;
  /** Between two looks at the pods. Default: 500. */
  readonly intervalMs?: number;
}

/**
 * Cordons the node, evicts its pods as far as their PodDisruptionBudgets allow within the limit, and deletes the Node object. No such
 * node: done.
 */
export async function removeNode(client: KubeClient, options: DrainOptions, log: Logger): Promise<void> {
  const { nodeName } = options;
  const node = await cordon(client, nodeName);
  // Nothing on a dead machine can shut down; the garbage collector removes its pods once the node is gone.
  const left = node && hasCondition(node, 'Ready') ? await evictPods(client, options, log) : [];
  if (left.length > 0)
    log.warn({ node: nodeName, pods: left.map((pod) => formatKey(keyOf(pod))) }, 'drain limit reached, pods go with their node');
  await client.delete(nodeKind, { name: nodeName });
}

/** Deletes the nodes that the cloud made and that are not among these; returns their names. Somebody else's nodes stay. */
export async function deleteOtherNodes(client: KubeClient, names: readonly string[], log: Logger): Promise<readonly string[]> {
  const { items } = await listAll(client, nodeKind);
  const others = items
    .filter(({ metadata, spec }) => spec?.providerID?.startsWith('azure://') === true && !names.includes(metadata.name))
    .map(({ metadata }) => metadata.name);
  for (const name of others) {
    log.info({ node: name }, 'the machine of the node is gone');
    await client.delete(nodeKind, { name });
  }
  return others;
}

/** Those that leave when their node is drained: neither a DaemonSet's, nor static, nor finished (as `kubectl drain` has it). */
export function podsToEvict(pods: readonly Pod[]): readonly Pod[] {
  return pods.filter(({ metadata, status }) => {
    const isDaemon =
      metadata.ownerReferences?.some(({ kind, controller }) => kind === 'DaemonSet' && controller === true) ?? false;
    const isStatic = metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined;
    const isFinished = status?.phase === 'Succeeded' || status?.phase === 'Failed';
    return !isDaemon && !isStatic && !isFinished;
  });
}

async function cordon(client: KubeClient, name: string): Promise<Node | undefined> {
  try {
    return await client.patch(nodeKind, { name }, { spec: { unschedulable: true } });
  } catch (error) {
    if (isError(error, 'NotFound')) return undefined;
    throw error;
  }
}

async function evictPods(client: KubeClient, options: DrainOptions, log: Logger): Promise<readonly Pod[]> {
  const { nodeName, limitMs, intervalMs = defaultIntervalMs } = options;
  const deadline = performance.now() + limitMs;
  for (;;) {
    const { items } = await listAll(client, podKind, { selection: { fieldSelector: `spec.nodeName=${nodeName}` } });
    const left = podsToEvict(items);
    if (left.length === 0 || performance.now() >= deadline) return left;
    // It takes whole milliseconds only.
    const signal = AbortSignal.timeout(Math.max(0, Math.ceil(deadline - performance.now())));
    const staying = left.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    await Promise.all(staying.map((pod) => evict(client, pod, { log, signal })));
    await sleep(intervalMs);
  }
}

/** Whatever keeps a pod (its budget, a namespace that is going away, two budgets at once), it is asked again in the next round. */
async function evict(
  client: KubeClient,
  pod: Pod,
  { log, signal }: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  try {
    await client.evict(podKind, keyOf(pod), { signal });
  } catch (error) {
    log.debug({ pod: formatKey(keyOf(pod)), error: messageOf(error) }, 'pod not evicted yet');
  }
}
