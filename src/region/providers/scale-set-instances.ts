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

/** Of surplus instances those that failed go first, then the newest. Numbers are never used twice, but those reserved for instances that did not come to be are. */
export function desiredInstances(
  { body, state }: Pick<StoredScaleSet, 'body' | 'state'>,
  instances: readonly StoredInstance[],
): InstanceChanges {
  const { capacity } = body.sku;
  const live = instances
    .filter(({ provisioningState }) => provisioningState !== 'Deleting')
    .toSorted((a, b) => Number(hasFailed(a)) - Number(hasFailed(b)) || Number(a.name) - Number(b.name));
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

/** A set of which an instance is being deleted does not make another one in its place: the capacity that is left. */
export function capacityAfterRemoval({ body, state }: StoredScaleSet, instances: readonly StoredInstance[]): number {
  const live = instances.filter(({ provisioningState }) => provisioningState !== 'Deleting').length;
  const known = new Set(instances.map(({ name }) => name));
  const coming = state.pendingInstanceIds.filter((instanceId) => !known.has(instanceId)).length;
  return Math.min(body.sku.capacity, live + coming);
}

function hasFailed({ provisioningState }: StoredInstance): boolean {
  return provisioningState === 'Failed';
}
