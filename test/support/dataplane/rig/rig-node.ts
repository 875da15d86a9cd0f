import assert from 'node:assert/strict';
import { diff } from '../../../../src/dataplane/diff/diff.ts';
import { emptyNamespace, hostNamespace, namespaceOf, type HostState } from '../../../../src/dataplane/host-state.ts';
import type { Host, Scope } from '../../../../src/dataplane/host.ts';
import type { NftTable } from '../../../../src/dataplane/nft/table.ts';
import type { DataplaneSettings } from '../../../../src/dataplane/settings.ts';
import type { Step } from '../../../../src/dataplane/step.ts';
import type { LinuxNode } from '../../../privileged/linux/node.ts';

interface RigNodeOptions<Inputs> {
  readonly node: LinuxNode;
  /** Path of the host's namespace. */
  readonly netns: string;
  readonly inputs: Inputs;
  readonly desired: (inputs: Inputs, settings: DataplaneSettings) => HostState;
  readonly scope: (inputs: Inputs, settings: DataplaneSettings) => Scope;
}

/** Alters what a node is to carry, such as `without(/.../)`. */
export type Change = (state: HostState) => HostState;

/** A node of the rig. Nobody watches its kernel: what a test takes away stays away until `restore`. */
export class RigNode<Inputs> {
  readonly node: LinuxNode;
  readonly netns: string;
  /** What it carries when it is whole. */
  readonly inputs: Inputs;
  readonly #desired: RigNodeOptions<Inputs>['desired'];
  readonly #scope: RigNodeOptions<Inputs>['scope'];

  constructor({ node, netns, inputs, desired, scope }: RigNodeOptions<Inputs>) {
    this.node = node;
    this.netns = netns;
    this.inputs = inputs;
    this.#desired = desired;
    this.#scope = scope;
  }

  get settings(): DataplaneSettings {
    return this.node.settings;
  }

  get host(): Host {
    return this.node.host;
  }

  get scope(): Scope {
    return this.#scope(this.inputs, this.settings);
  }

  desired(inputs: Inputs): HostState {
    return this.#desired(inputs, this.settings);
  }

  /** The steps by which the kernel would get there. */
  async stepsTo(desired: HostState): Promise<Step[]> {
    return diff(await this.host.observe(this.scope), desired);
  }

  /** The product's own configuration for these inputs, with the changes. */
  async carry(inputs: Inputs, ...changes: readonly Change[]): Promise<void> {
    await this.#reach(changes.reduce((state, change) => change(state), this.desired(inputs)));
  }

  /** Nothing of ours is left, as on a node that has just started. */
  async strip(): Promise<void> {
    await this.#reach({ namespaces: [emptyNamespace(hostNamespace)] });
  }

  async restore(): Promise<void> {
    await this.carry(this.inputs);
  }

  /** While `section` runs, the node's own configuration is changed. */
  async during(changes: readonly Change[], section: () => Promise<void>): Promise<void> {
    await this.carry(this.inputs, ...changes);
    try {
      await section();
    } finally {
      await this.restore();
    }
  }

  async #reach(desired: HostState): Promise<void> {
    for (const step of await this.stepsTo(desired)) await this.host.apply(step);
  }

  /** What a named counter of the table has counted, in the host's namespace or another. */
  async counted(counter: string, namespace: string = hostNamespace): Promise<number> {
    const { tables } = namespaceOf(await this.host.observe(this.scope), namespace);
    const found = tables.flatMap(({ counters }) => counters).find(({ name }) => name === counter);
    assert.ok(found, `there is no counter ${counter}`);
    return found.packets;
  }
}

/** Without the rules that match, in all tables; each pattern has to match one. */
export function without(...patterns: readonly RegExp[]): Change {
  return changeTables(
    (table, used) => ({
      ...table,
      chains: table.chains.map((chain) => ({
        ...chain,
        rules: chain.rules.filter((rule) => {
          const pattern = patterns.find((each) => each.test(rule));
          if (pattern) used.add(pattern);
          return pattern === undefined;
        }),
      })),
    }),
    patterns,
  );
}

/** Without a whole table. */
export function withoutTable(name: string): Change {
  return ({ namespaces }) => ({
    namespaces: namespaces.map((namespace) => ({
      ...namespace,
      tables: namespace.tables.filter((table) => table.name !== name),
    })),
  });
}

/** Without the elements of a set or map. */
export function withoutElements(set: string): Change {
  return changeTables((table) => ({
    ...table,
    sets: table.sets.map((each) => (each.name === set ? { ...each, elements: [] } : each)),
  }));
}

/** Without the tunnel devices, and so without the routes by them. */
export function withoutTunnels({ namespaces }: HostState): HostState {
  return {
    namespaces: namespaces.map((namespace) => {
      const tunnels = new Set(namespace.links.filter(({ kind }) => kind === 'wireguard').map(({ name }) => name));
      const isLeft = ({ device }: { readonly device?: string }) => device === undefined || !tunnels.has(device);
      return {
        ...namespace,
        links: namespace.links.filter(({ name }) => !tunnels.has(name)),
        addresses: namespace.addresses.filter(isLeft),
        routes: namespace.routes.filter((route) => route.kind === 'unreachable' || isLeft(route)),
        sysctls: namespace.sysctls.filter(isLeft),
      };
    }),
  };
}

/** Without the unreachable routes below the tunnels' routes. */
export function withoutUnreachableRoutes({ namespaces }: HostState): HostState {
  return {
    namespaces: namespaces.map((namespace) => ({
      ...namespace,
      routes: namespace.routes.filter(({ kind }) => kind !== 'unreachable'),
    })),
  };
}

function changeTables(change: (table: NftTable, used: Set<RegExp>) => NftTable, patterns: readonly RegExp[] = []): Change {
  return ({ namespaces }) => {
    const used = new Set<RegExp>();
    const changed = namespaces.map((namespace) => ({
      ...namespace,
      tables: namespace.tables.map((table) => change(table, used)),
    }));
    assert.deepEqual(
      patterns.filter((pattern) => !used.has(pattern)),
      [],
      'rules that are not there',
    );
    return { namespaces: changed };
  };
}
