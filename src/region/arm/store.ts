import { z } from 'zod';
import type { RegionDatabase } from './database.ts';
import { idKey } from './ids.ts';
import { json } from './json.ts';
import type { ResourceBody, ResourceView, StoredResource } from './resource.ts';

/** Every resource of the region: in memory for reading, written through to the database. */
export interface ResourceStore extends ResourceView {
  /** Everything, in the order of creation. */
  all(): readonly StoredResource[];
  /** Creates it or replaces what has this id. */
  put(resource: StoredResource): void;
  /** Absent is fine. */
  remove(id: string): void;
  /** All of `work`'s writes or, when it throws, none. */
  transaction<T>(work: () => T): T;
}

const resourceRow = z.object({
  id: z.string(),
  type: z.string(),
  name: z.string(),
  // Written by us, from what the type's own parser gave.
  body: json(z.custom<ResourceBody>()),
  state: json(z.custom<object>()),
  etag: z.string(),
  provisioningState: z.enum(['Creating', 'Updating', 'Deleting', 'Succeeded', 'Failed']),
});

export function createResourceStore(database: RegionDatabase): ResourceStore {
  const select = database.query(
    'SELECT id, type, name, body, state, etag, provisioningState FROM resources ORDER BY sequence',
    resourceRow,
  );
  const upsert = database.command(`
    INSERT INTO resources (key, id, type, name, body, state, etag, provisioningState) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET
      body = excluded.body, state = excluded.state, etag = excluded.etag, provisioningState = excluded.provisioningState`);
  const remove = database.command('DELETE FROM resources WHERE key = ?');
  const memory = new Memory(select.all());

  return {
    get: (id) => memory.get(id),
    list: (type, under) => memory.list(type, under),
    all: () => memory.all(),
    put(resource) {
      const { id, type, name, body, state, etag, provisioningState } = resource;
      upsert(idKey(id), id, type, name, JSON.stringify(body), JSON.stringify(state), etag, provisioningState);
      memory.put(resource);
    },
    remove(id) {
      remove(idKey(id));
      memory.remove(id);
    },
    transaction(work) {
      try {
        return database.transaction(work);
      } catch (error) {
        memory.load(select.all());
        throw error;
      }
    },
  };
}

class Memory {
  readonly #byKey = new Map<string, StoredResource>();
  readonly #byType = new Map<string, Map<string, StoredResource>>();

  constructor(resources: readonly StoredResource[]) {
    this.load(resources);
  }

  load(resources: readonly StoredResource[]): void {
    this.#byKey.clear();
    this.#byType.clear();
    for (const resource of resources) this.put(resource);
  }

  get(id: string): StoredResource | undefined {
    return this.#byKey.get(idKey(id));
  }

  list(type: string, under: string | undefined): readonly StoredResource[] {
    const ofType = this.#byType.get(type.toLowerCase()) ?? new Map<string, StoredResource>();
    if (under === undefined) return [...ofType.values()];
    const above = `${idKey(under)}/`;
    return [...ofType].filter(([key]) => key.startsWith(above)).map(([, resource]) => resource);
  }

  all(): readonly StoredResource[] {
    return [...this.#byKey.values()];
  }

  put(resource: StoredResource): void {
    const key = idKey(resource.id);
    const typeKey = resource.type.toLowerCase();
    const ofType = this.#byType.get(typeKey) ?? new Map<string, StoredResource>();
    this.#byType.set(typeKey, ofType.set(key, resource));
    this.#byKey.set(key, resource);
  }

  remove(id: string): void {
    const resource = this.get(id);
    if (resource === undefined) return;
    this.#byKey.delete(idKey(id));
    this.#byType.get(resource.type.toLowerCase())?.delete(idKey(id));
  }
}
