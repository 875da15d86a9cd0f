import { formatKey, keyOf, type KubeObject, type ObjectKey } from './object.ts';

/** How an object in the store has changed. `previous` is what was there before. */
export type Change<T> =
  | { readonly type: 'added'; readonly object: T }
  | { readonly type: 'updated'; readonly object: T; readonly previous: T }
  | { readonly type: 'deleted'; readonly object: T };

/** Under which values an object is found. Pure; called once per version of an object. */
export type Indexer<T> = (object: T) => readonly string[];

/**
 * The last known state of the objects of one kind, by key and by index. Filled by a list-watch; readers change nothing in it.
 * Objects that vanished while nobody watched are reported as deleted by the next `replace`.
 */
export class Store<T extends KubeObject, Index extends string = never> {
  readonly #objects = new Map<string, T>();
  readonly #indexers: readonly (readonly [Index, Indexer<T>])[];
  readonly #byIndex = new Map<string, Map<string, T>>();
  readonly #listeners = new Set<(change: Change<T>) => void>();

  constructor(indexers: readonly (readonly [Index, Indexer<T>])[] = []) {
    this.#indexers = indexers;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(formatKey(key));
  }

  list(): readonly T[] {
    return [...this.#objects.values()];
  }

  /** The objects that indexer `index` gives this value. */
  byIndex(index: Index, value: string): readonly T[] {
    return [...(this.#byIndex.get(indexKey(index, value))?.values() ?? [])];
  }

  /** Calls `listener` for every object that is here (as added), then for every change. The answer ends that. */
  subscribe(listener: (change: Change<T>) => void): () => void {
    for (const object of this.#objects.values()) listener({ type: 'added', object });
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes over a whole list. Listeners hear of the changes when all of it is here. */
  replace(objects: readonly T[]): void {
    const present = new Set(objects.map((object) => formatKey(keyOf(object))));
    const vanished = [...this.#objects].filter(([key]) => !present.has(key)).map(([, object]) => object);
    this.#tell([...vanished.map((object) => this.#remove(object)), ...objects.map((object) => this.#put(object))]);
  }

  /** Takes over one object. The version that is here already is no change. */
  set(object: T): void {
    this.#tell([this.#put(object)]);
  }

  /** Forgets the object; listeners get the state that came with the deletion. */
  delete(object: T): void {
    this.#tell([this.#remove(object)]);
  }

  #put(object: T): Change<T> | undefined {
    const key = formatKey(keyOf(object));
    const previous = this.#objects.get(key);
    if (previous !== undefined && isSameVersion(previous, object)) return undefined;
    if (previous !== undefined) this.#unindex(key, previous);
    this.#objects.set(key, object);
    this.#index(key, object);
    return previous === undefined ? { type: 'added', object } : { type: 'updated', object, previous };
  }

  #remove(object: T): Change<T> | undefined {
    const key = formatKey(keyOf(object));
    const previous = this.#objects.get(key);
    if (previous === undefined) return undefined;
    this.#objects.delete(key);
    this.#unindex(key, previous);
    return { type: 'deleted', object };
  }

  #index(key: string, object: T): void {
    for (const entry of this.#entriesOf(object)) {
      const found = this.#byIndex.get(entry) ?? new Map<string, T>();
      this.#byIndex.set(entry, found.set(key, object));
    }
  }

  #unindex(key: string, object: T): void {
    for (const entry of this.#entriesOf(object)) {
      const found = this.#byIndex.get(entry);
      found?.delete(key);
      if (found?.size === 0) this.#byIndex.delete(entry);
    }
  }

  #entriesOf(object: T): readonly string[] {
    return this.#indexers.flatMap(([index, indexer]) => indexer(object).map((value) => indexKey(index, value)));
  }

  #tell(changes: readonly (Change<T> | undefined)[]): void {
    for (const change of changes) if (change !== undefined) for (const listener of this.#listeners) listener(change);
  }
}

/** Two objects of one name may be two objects: the uid tells. */
function isSameVersion({ metadata: a }: KubeObject, { metadata: b }: KubeObject): boolean {
  return a.resourceVersion !== undefined && a.resourceVersion === b.resourceVersion && a.uid === b.uid;
}

function indexKey(index: string, value: string): string {
  return `${index}\n${value}`;
}
