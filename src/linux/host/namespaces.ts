import { SegwError } from '../../base/error.ts';
import type { hostNamespace } from '../../dataplane/host-state.ts';
import { createNetns, deleteNetns, netnsIdentity } from '../netns.ts';
import { OpenNamespace } from './open-namespace.ts';
import type { Tables } from './tables.ts';

interface NamespacesOptions {
  /** The file that keeps the namespace of this name. */
  readonly pathOf: (name: string) => string;
  readonly openTables: (path: string) => Tables;
}

interface Entry {
  readonly identity: string;
  readonly namespace: OpenNamespace;
}

/** The node's own namespace, by the name that the dataplane gives it. */
const own: typeof hostNamespace = 'host';

/** The namespaces of a node, each opened once. One that was deleted, or deleted and made anew, by others is noticed at the next use. */
export class Namespaces {
  readonly #options: NamespacesOptions;
  readonly #open = new Map<string, Entry>();

  constructor(options: NamespacesOptions) {
    this.#options = options;
  }

  /** `undefined` when there is no such namespace. */
  find(name: string): OpenNamespace | undefined {
    const path = this.#options.pathOf(name);
    const identity = netnsIdentity(path);
    const entry = this.#open.get(name);
    if (entry?.identity === identity) return entry?.namespace;
    this.#close(name);
    if (identity === undefined) return undefined;
    const namespace = new OpenNamespace({ name, path, openTables: this.#options.openTables });
    this.#open.set(name, { identity, namespace });
    return namespace;
  }

  /** Throws `NotFound`. */
  get(name: string): OpenNamespace {
    const namespace = this.find(name);
    if (!namespace) throw new SegwError('NotFound', `there is no network namespace ${name}`);
    return namespace;
  }

  get host(): OpenNamespace {
    return this.get(own);
  }

  create(name: string): void {
    createNetns(this.#options.pathOf(name));
  }

  /** `empty` takes out what is in it. A namespace that is gone already is fine. Throws `Internal` for the node's own. */
  async remove(name: string, empty: (namespace: OpenNamespace) => Promise<void>): Promise<void> {
    if (name === own) throw new SegwError('Internal', 'the own namespace of a node cannot be removed');
    const namespace = this.find(name);
    if (namespace) await empty(namespace);
    this.#close(name);
    deleteNetns(this.#options.pathOf(name));
  }

  close(): void {
    for (const name of this.#open.keys()) this.#close(name);
  }

  #close(name: string): void {
    this.#open.get(name)?.namespace.close();
    this.#open.delete(name);
  }
}
