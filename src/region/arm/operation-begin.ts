import { idKey, sameId } from './ids.ts';
import type { OperationRunner } from './operation-runner.ts';
import type { Operation, OperationStore } from './operations.ts';
import type { ResourceProvider } from './resource-provider.ts';
import type { StoredResource } from './resource.ts';
import { removeSubtree } from './resource-writes.ts';
import type { ResourceStore } from './store.ts';

export interface Found {
  readonly resource: StoredResource;
  readonly provider: ResourceProvider;
}

export function scopeOf(provider: ResourceProvider, id: string): string {
  return idKey(provider.operationScope?.(id) ?? id);
}

export function beginProvision(runner: OperationRunner, { resource, provider }: Found): Operation {
  return runner.begin({
    resourceId: resource.id,
    resourceType: resource.type,
    scope: scopeOf(provider, resource.id),
    kind: resource.provisioningState,
    task: { kind: 'provision' },
  });
}

export function beginAction(
  runner: OperationRunner,
  { resource, provider }: Found,
  task: Extract<Operation['task'], { kind: 'action' }>,
): Operation {
  const scope = scopeOf(provider, resource.id);
  return runner.begin({ resourceId: resource.id, resourceType: resource.type, scope, kind: task.name, task });
}

/** Marks the resource as being deleted and begins that; a deletion that is under way is joined. */
export function beginRemoval(
  context: { readonly store: ResourceStore; readonly operations: OperationStore; readonly runner: OperationRunner },
  { resource, provider }: Found,
): Operation | 'removed' {
  const { store, operations, runner } = context;
  const underWay = operations
    .running()
    .find(({ resourceId, task }) => task.kind === 'deprovision' && sameId(resourceId, resource.id));
  if (underWay !== undefined) return underWay;
  provider.validateDelete?.(resource, store);
  return store.transaction(() => {
    if (provider.deprovision === undefined) {
      removeSubtree(store, resource.id);
      return 'removed';
    }
    store.put({ ...resource, provisioningState: 'Deleting' });
    runner.cancel(resource.id);
    const scope = scopeOf(provider, resource.id);
    return runner.begin({
      resourceId: resource.id,
      resourceType: resource.type,
      scope,
      kind: 'Deleting',
      task: { kind: 'deprovision' },
    });
  });
}

/** The entry of a table whose names are compared in any case. */
export function findByName<T>(table: Readonly<Record<string, T>> | undefined, name: string): [string, T] | undefined {
  return Object.entries(table ?? {}).find(([key]) => key.toLowerCase() === name.toLowerCase());
}
