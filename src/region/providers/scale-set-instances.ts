import type { StoredInstance, StoredScaleSet } from './scale-set-model.ts';

/** What is to be done so that a scale set has as many instances as its capacity says. */
export interface InstanceChanges {
  /** Instance ids. */
  readonly create: readonly string[];
  /** Resource ids. */
  readonly remove: readonly string[];
  /** Resource ids of instances that are not (yet) as they were last wanted. */
  readonly repair: readonly string[];
  readonly nextInstanceId: number;
}

/** Surplus instances go newest first. Numbers are never used twice, but those reserved for instances that did not come to be are. */
export function desiredInstances({ body, state }: StoredScaleSet, instances: readonly StoredInstance[]): InstanceChanges {
  const { capacity } = body.sku;
  const live = instances
    .filter(({ provisioningState }) => provisioningState !== 'Deleting')
    .toSorted((a, b) => Number(a.name) - Number(b.name));
  const leaving = instances.filter(({ provisioningState }) => provisioningState === 'Deleting');
  const known = new Set(instances.map(({ name }) => name));
  const reserved = state.pendingInstanceIds.filter((instanceId) => !known.has(instanceId));
  const missing = Math.max(0, capacity - live.length);
  const fresh = Array.from({ length: Math.max(0, missing - reserved.length) }, (_, index) =>
    String(state.nextInstanceId + index),
  );
  return {
    create: [...reserved, ...fresh].slice(0, missing),
    remove: [...live.slice(capacity), ...leaving].map(({ id }) => id),
    repair: live.slice(0, capacity).flatMap(({ id, provisioningState }) => (provisioningState === 'Succeeded' ? [] : [id])),
    nextInstanceId: state.nextInstanceId + fresh.length,
  };
}
