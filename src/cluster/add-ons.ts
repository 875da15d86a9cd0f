import type { KubeClient } from '../kube/client.ts';
import { corednsObjects } from './add-ons/coredns.ts';
import { kubeletAccess } from './add-ons/kubelet-access.ts';
import type { ClusterSpec } from './cluster-platform.ts';
import { kindOf, type ManifestObject } from './manifest.ts';

const fieldManager = 'segw-add-ons';

/** What every cluster has before anything of its users. */
export function desiredAddOns(cluster: Pick<ClusterSpec, 'dnsServiceAddress'>): readonly ManifestObject[] {
  return [kubeletAccess, ...corednsObjects(cluster.dnsServiceAddress)];
}

/** Server-side apply: what is equal stays untouched, and fields that others set on these objects stay theirs. */
export async function applyAddOns(client: KubeClient, objects: readonly ManifestObject[], signal: AbortSignal): Promise<void> {
  for (const object of objects) await client.apply(kindOf(object), object, { fieldManager, signal });
}
