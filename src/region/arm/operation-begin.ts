import { createHash } from 'node:crypto';
import { idKey, sameId } from './ids.ts';
import type { OperationRunner } from './operation-runner.ts';
import type { Operation, OperationStore } from './operations.ts';
import type { ResourceProvider } from './resource-provider.ts';
import type { StoredResource } from './resource.ts';
import { etagFor, removeSubtree } from './resource-writes.ts';
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
  id?: string,
): Operation {
  const scope = scopeOf(provider, resource.id);
  return runner.begin({
    ...(id === undefined ? {} : { id }),
    resourceId: resource.id,
    resourceType: resource.type,
    scope,
    kind: task.name,
    task,
  });
}

/** The id of an action that an operation begins on another resource: after a restart it finds by it what it began before. */
export function nestedActionId(parentId: string, resourceId: string, action: string): string {
  const hash = createHash('sha256')
    .update([parentId, idKey(resourceId), action.toLowerCase()].join(' '))
    .digest('hex');
  return [hash.slice(0, 8), hash.slice(8, 12), hash.slice(12, 16), hash.slice(16, 20), hash.slice(20, 32)].join('-');
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
    markDeleting(store, { resource, provider });
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

/** The moment in which a deletion begins, and what changes with it. */
export function markDeleting(store: ResourceStore, { resource, provider }: Found): void {
  store.transaction(() => {
    store.put({ ...resource, provisioningState: 'Deleting' });
    for (const changed of provider.planDelete?.(resource, store) ?? [])
      store.put({ ...changed, etag: etagFor(changed.body, store.get(changed.id)) });
  });
}

/** The entry of a table whose names are compared in any case. */
export function findByName<T>(table: Readonly<Record<string, T>> | undefined, name: string): [string, T] | undefined {
  return Object.entries(table ?? {}).find(([key]) => key.toLowerCase() === name.toLowerCase());
}
