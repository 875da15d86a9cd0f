import { findByName } from './operation-begin.ts';
import type { ResourceManager } from './resource-manager.ts';
import type { JsonObject, StoredResource } from './resource.ts';

/** The wire form with the type's reads that `$expand` names (`instanceView`) among its properties; what it names else is not there. */
export function toExpandedWire(manager: ResourceManager, resource: StoredResource, expand = ''): JsonObject {
  const wire = manager.toWire(resource);
  const { reads } = manager.table.require(resource.type);
  const parts = expand.split(',').flatMap((name) => {
    const read = findByName(reads, name.trim());
    return read === undefined ? [] : [[read[0], read[1].toWire(resource, manager.store)] as const];
  });
  if (parts.length === 0) return wire;
  return { ...wire, properties: { ...wire.properties, ...Object.fromEntries(parts) } };
}

/** What `$filter` leaves of a list. Throws 400 for an expression that the type does not know. */
export function filteredList(
  manager: ResourceManager,
  list: readonly StoredResource[],
  filter: string | undefined,
): readonly StoredResource[] {
  const [first] = list;
  if (first === undefined || filter === undefined) return list;
  return manager.table.require(first.type).filter?.(list, filter, manager.store) ?? list;
}
