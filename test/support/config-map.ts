import type { KubeClient } from '../../src/kube/client.ts';
import { configMapKind, type ConfigMap } from '../../src/kube/config-map.ts';

/** Creates or changes one in the namespace `default`. */
export async function applyConfigMap(
  client: KubeClient,
  name: string,
  { data = {}, labels = {} }: { readonly data?: Record<string, string>; readonly labels?: Record<string, string> } = {},
): Promise<ConfigMap> {
  return await client.apply(configMapKind, { metadata: { name, namespace: 'default', labels }, data }, { fieldManager: 'test' });
}
