import { featureConfigMap, operatorReleased, type FeatureState } from '../../api/feature.ts';
import type { KubeClient } from '../../kube/client.ts';
import { configMapKind } from '../../kube/config-map.ts';

/** Who owns what we apply. */
export const fieldManager = 'segw-installer';

/** Tells operator and agents. A state that is there already stays, with what the operator has written beside it. */
export async function ensureFeatureState(client: KubeClient, state: FeatureState, signal: AbortSignal): Promise<void> {
  const found = await client.find(configMapKind, featureConfigMap, { signal });
  const options = { fieldManager, signal };
  if (found === undefined) await client.create(configMapKind, { metadata: featureConfigMap, data: { state } }, options);
  else if (found.data?.['state'] !== state)
    await client.patch(configMapKind, featureConfigMap, { data: { state, operator: null } }, options);
}

export async function hasOperatorReleased(client: KubeClient, signal: AbortSignal): Promise<boolean> {
  const found = await client.find(configMapKind, featureConfigMap, { signal });
  return found?.data?.['state'] === 'removing' && found.data['operator'] === operatorReleased;
}
