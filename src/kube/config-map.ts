import type { KubeObject } from './object.ts';
import type { ResourceKind } from './resource.ts';

/** `v1.ConfigMap`, without binary data. */
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
