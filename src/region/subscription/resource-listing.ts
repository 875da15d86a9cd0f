import { parseResourceId } from '../arm/ids.ts';
import type { ResourceManager } from '../arm/resource-manager.ts';
import type { JsonObject, StoredResource } from '../arm/resource.ts';
import { type FilteredResource, parseResourceFilter } from './resource-filter.ts';

/** Members of a resource that a list of all types shows, where its type has them. */
const genericMembers = ['id', 'name', 'type', 'location', 'tags', 'kind', 'sku', 'identity', 'managedBy', 'zones'] as const;

/** Top-level resources of every type below `under`; `filter` is a `$filter`. Throws 400 for a filter that cannot be read. */
export function listEverything(
  { table, store }: ResourceManager,
  under: string,
  filter: string | undefined,
): readonly StoredResource[] {
  const all = table.providers
    .filter(({ type }) => type.split('/').length === 2 && !type.startsWith('Microsoft.Resources/'))
    .flatMap(({ type }) => store.list(type, under));
  return filterResources(all, filter);
}

/** Those that the `$filter` lets through; all without one. */
export function filterResources<Resource extends StoredResource>(
  all: readonly Resource[],
  filter: string | undefined,
): readonly Resource[] {
  if (filter === undefined || filter.trim() === '') return all;
  const lets = parseResourceFilter(filter);
  return all.filter((resource) => lets(toFiltered(resource)));
}

/** `expand`: the request's `$expand`; of its words only `provisioningState` is known here. */
export function toGenericResource(manager: ResourceManager, resource: StoredResource, expand = ''): JsonObject {
  const wire = manager.toWire(resource);
  const shown = Object.fromEntries(genericMembers.map((member) => [member, wire[member]]));
  const isStateAsked = expand.toLowerCase().split(',').includes('provisioningstate');
  return isStateAsked ? { ...shown, provisioningState: resource.provisioningState } : shown;
}

function toFiltered({ id, name, type, body, provisioningState }: StoredResource): FilteredResource {
  const { resourceGroup = '' } = parseResourceId(id, 'id');
  return { name, type, resourceGroup, location: body.location ?? '', provisioningState, tags: body.tags ?? {} };
}
