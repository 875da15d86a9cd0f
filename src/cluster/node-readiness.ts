import { type KubernetesObject, PatchStrategy, type V1Lease, type V1Node } from '@kubernetes/client-node';
import { SegwError } from '../base/error.ts';
import { pollUntil } from '../base/poll.ts';
import type { ApiClient } from './api-client.ts';
import { callApi, callApiIfFound } from './api-errors.ts';
import type { ClusterSpec, NodeSpec } from './cluster-platform.ts';
import { desiredNodePatch, desiredTaintPatch, unreadyReason } from './node-state.ts';

const timeoutMs = 120_000;

interface ReadinessOptions {
  readonly api: ApiClient;
  readonly since: Date;
  readonly signal: AbortSignal;
}

/**
 * Waits until the node has registered, sets what on Azure the cloud's controllers set, and waits until the node is Ready, as confirmed
 * by a lease that was renewed at `since` or later. Throws `Timeout` that says what is missing.
 */
export async function ensureNode(cluster: ClusterSpec, node: NodeSpec, { api, since, signal }: ReadinessOptions): Promise<void> {
  await pollUntil(`registration of node ${node.name}`, (note) => tolerant(() => readNode(api, node.name), note), {
    timeoutMs,
    signal,
  });
  await patchNode(api, `label node ${node.name}`, desiredNodePatch(cluster, node));
  await pollUntil(`taints of node ${node.name}`, (note) => tolerant(() => ensureTaints(api, node), note), { timeoutMs, signal });
  await pollUntil(
    `readiness of node ${node.name}`,
    (note) =>
      tolerant(async () => {
        const reason = unreadyReason(await readNode(api, node.name), await readLease(api, node.name), since);
        if (reason === undefined) return true;
        note(reason);
        return undefined;
      }, note),
    { timeoutMs, intervalMs: 200, signal },
  );
}

/** Another writer in between is a conflict, after which it is read again. */
async function ensureTaints(api: ApiClient, node: NodeSpec): Promise<true> {
  const running = await readNode(api, node.name);
  const patch = running && desiredTaintPatch(running, node);
  if (patch) await patchNode(api, `taint node ${node.name}`, patch);
  return true;
}

/** A merge patch. */
async function patchNode(api: ApiClient, what: string, patch: object): Promise<void> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a merge patch may hold null, which the client's type does not know
  const object = patch as KubernetesObject;
  await callApi(what, () => api.objects.patch(object, undefined, undefined, undefined, undefined, PatchStrategy.MergePatch));
}

async function readNode(api: ApiClient, name: string): Promise<V1Node | undefined> {
  return callApiIfFound(`read node ${name}`, () => api.core.readNode({ name }));
}

async function readLease(api: ApiClient, name: string): Promise<V1Lease | undefined> {
  const namespace = 'kube-node-lease';
  return callApiIfFound(`read lease of node ${name}`, () => api.coordination.readNamespacedLease({ name, namespace }));
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
