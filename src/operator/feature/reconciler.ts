import { featureConfigMap, type FeatureData } from '../../api/feature.ts';
import { fieldManagers } from '../../api/names.ts';
import type { KubeClient } from '../../kube/client.ts';
import { configMapKind } from '../../kube/config-map.ts';
import type { ObjectKey } from '../../kube/object.ts';
import type { ReconcileContext, Reconciler, Result } from '../../kube/reconciler.ts';
import type { Caches } from '../caches.ts';
import { desiredAnswer } from './removal.ts';

/** Tells whoever removes the product when no configuration holds anything in the cloud any more. */
export class FeatureReconciler implements Reconciler {
  readonly #client: KubeClient;
  readonly #caches: Caches;

  constructor({ client, caches }: { readonly client: KubeClient; readonly caches: Caches }) {
    this.#client = client;
    this.#caches = caches;
  }

  async reconcile(_key: ObjectKey, { signal, log }: ReconcileContext): Promise<Result> {
    const { feature, configurations } = this.#caches;
    const data: FeatureData | undefined = feature.store.get(featureConfigMap)?.data;
    const operator = desiredAnswer(data, configurations.store.list());
    if (operator === undefined) return {};
    const { name, namespace } = featureConfigMap;
    await this.#client.apply(
      configMapKind,
      { metadata: { name, namespace }, data: { operator } },
      { fieldManager: fieldManagers.operator, signal },
    );
    log.info('everything is released');
    return {};
  }
}
