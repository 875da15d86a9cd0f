import { featureConfigMap, operatorReleased, type FeatureData } from '../../api/feature.ts';
import { cloudResourcesFinalizer } from '../../api/names.ts';
import type { StaticGatewayConfiguration } from '../../api/static-gateway-configuration.ts';
import { hasFinalizer } from '../../kube/finalizers.ts';
import type { Caches } from '../caches.ts';

/** Whether the product is being taken out of the cluster: then every configuration is released, as if it were deleted. */
export function isRemoving({ feature }: Pick<Caches, 'feature'>): boolean {
  const data: FeatureData | undefined = feature.store.get(featureConfigMap)?.data;
  return data?.state === 'removing';
}

/** What the operator has to write into the ConfigMap, or `undefined` when it says so already, or has nothing to say. */
export function desiredAnswer(
  data: FeatureData | undefined,
  configurations: readonly StaticGatewayConfiguration[],
): typeof operatorReleased | undefined {
  if (data?.state !== 'removing' || data.operator === operatorReleased) return undefined;
  const isHeld = configurations.some((configuration) => hasFinalizer(configuration, cloudResourcesFinalizer));
  return isHeld ? undefined : operatorReleased;
}
