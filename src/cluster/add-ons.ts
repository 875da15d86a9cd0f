import { PatchStrategy, type KubernetesObjectApi } from '@kubernetes/client-node';
import type { AddOnObject } from './add-ons/add-on-object.ts';
import { corednsObjects } from './add-ons/coredns.ts';
import { kubeletAccess } from './add-ons/kubelet-access.ts';
import { callApi } from './api-errors.ts';
import type { ClusterSpec } from './cluster-platform.ts';

const fieldManager = 'segw-add-ons';

/** What every cluster has before anything of its users. */
export function desiredAddOns(cluster: Pick<ClusterSpec, 'dnsServiceAddress'>): readonly AddOnObject[] {
  return [kubeletAccess, ...corednsObjects(cluster.dnsServiceAddress)];
}

/** Server-side apply: what is equal stays untouched, and fields that others set on these objects stay theirs. */
export async function applyAddOns(api: KubernetesObjectApi, objects: readonly AddOnObject[], signal: AbortSignal): Promise<void> {
  for (const object of objects) {
    signal.throwIfAborted();
    await callApi(`apply ${object.kind} ${object.metadata.name}`, () =>
      api.patch(object, undefined, undefined, fieldManager, true, PatchStrategy.ServerSideApply),
    );
  }
}
