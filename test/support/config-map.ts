import type { KubeClient } from '../../src/kube/client.ts';
import type { KubeObject } from '../../src/kube/object.ts';
import type { ResourceKind } from '../../src/kube/resource.ts';

export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

export const configMapKind: ResourceKind<ConfigMap> = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};

/** Creates or changes one in the namespace `default`. */
export async function applyConfigMap(
  client: KubeClient,
  name: string,
  { data = {}, labels = {} }: { readonly data?: Record<string, string>; readonly labels?: Record<string, string> } = {},
): Promise<ConfigMap> {
  return await client.apply(configMapKind, { metadata: { name, namespace: 'default', labels }, data }, { fieldManager: 'test' });
}
