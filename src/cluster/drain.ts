import { setTimeout as sleep } from 'node:timers/promises';
import { PatchStrategy, type V1Node, type V1Pod } from '@kubernetes/client-node';
import { messageOf } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import type { ApiClient } from './api-client.ts';
import { callApi, callApiIfFound } from './api-errors.ts';

const intervalMs = 500;

interface DrainOptions {
  readonly nodeName: string;
  /** For the evictions as a whole; what is still there then goes with the node. */
  readonly limitMs: number;
}

/**
 * Cordons the node, evicts its pods as far as their PodDisruptionBudgets allow within the limit, and deletes the Node object. No such
 * node: done.
 */
export async function removeNode(api: ApiClient, { nodeName, limitMs }: DrainOptions, log: Logger): Promise<void> {
  const node = await cordon(api, nodeName);
  // Nothing on a dead machine can shut down; the garbage collector removes its pods once the node is gone.
  const left = node && isReady(node) ? await evictPods(api, { nodeName, limitMs }, log) : [];
  if (left.length > 0) log.warn({ node: nodeName, pods: left.map(podName) }, 'drain limit reached, pods go with their node');
  await callApiIfFound(`delete node ${nodeName}`, () => api.core.deleteNode({ name: nodeName }));
}

/** Deletes the nodes that the cloud made and that are not among these; returns their names. Somebody else's nodes stay. */
export async function deleteOtherNodes(api: ApiClient, names: readonly string[], log: Logger): Promise<readonly string[]> {
  const { items } = await callApi('list nodes', () => api.core.listNode());
  const others = items.flatMap(({ metadata: { name = '' } = {}, spec }) =>
    spec?.providerID?.startsWith('azure://') === true && !names.includes(name) ? [name] : [],
  );
  for (const name of others) {
    log.info({ node: name }, 'the machine of the node is gone');
    await callApiIfFound(`delete node ${name}`, () => api.core.deleteNode({ name }));
  }
  return others;
}

/** Those that leave when their node is drained: neither a DaemonSet's, nor static, nor finished (as `kubectl drain` has it). */
export function podsToEvict(pods: readonly V1Pod[]): readonly V1Pod[] {
  return pods.filter(({ metadata, status }) => {
    const isDaemon =
      metadata?.ownerReferences?.some(({ kind, controller }) => kind === 'DaemonSet' && controller === true) ?? false;
    const isStatic = metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined;
    const isFinished = status?.phase === 'Succeeded' || status?.phase === 'Failed';
    return !isDaemon && !isStatic && !isFinished;
  });
}

async function cordon(api: ApiClient, name: string): Promise<V1Node | undefined> {
  const patch = { apiVersion: 'v1', kind: 'Node', metadata: { name }, spec: { unschedulable: true } };
  return callApiIfFound(`cordon node ${name}`, () =>
    api.objects.patch<V1Node>(patch, undefined, undefined, undefined, undefined, PatchStrategy.MergePatch),
  );
}

async function evictPods(api: ApiClient, { nodeName, limitMs }: DrainOptions, log: Logger): Promise<readonly V1Pod[]> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const { items } = await callApi(`list pods of node ${nodeName}`, () =>
      api.core.listPodForAllNamespaces({ fieldSelector: `spec.nodeName=${nodeName}` }),
    );
    const left = podsToEvict(items);
    if (left.length === 0 || performance.now() >= deadline) return left;
    await Promise.all(left.filter(({ metadata }) => !metadata?.deletionTimestamp).map((pod) => evict(api, pod, log)));
    await sleep(intervalMs);
  }
}

/** Whatever keeps a pod (its budget, a namespace that is going away, two budgets at once), it is asked again in the next round. */
async function evict(api: ApiClient, pod: V1Pod, log: Logger): Promise<void> {
  const name = pod.metadata?.name ?? '';
  const namespace = pod.metadata?.namespace ?? '';
  const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
  try {
    await callApi(`evict pod ${podName(pod)}`, () => api.core.createNamespacedPodEviction({ name, namespace, body }));
  } catch (error) {
    log.debug({ pod: podName(pod), error: messageOf(error) }, 'pod not evicted yet');
  }
}

function isReady({ status }: V1Node): boolean {
  return status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

function podName({ metadata }: V1Pod): string {
  return `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;
}
