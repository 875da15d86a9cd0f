import { SegwError } from '../../src/base/error.ts';
import type { NodeSpec } from '../../src/cluster/cluster-platform.ts';
import type { FeatureSettings } from '../../src/cluster/feature/feature-settings.ts';
import type { MachineContent } from '../../src/cluster/machine-content.ts';
import type { NetworkState } from '../../src/region/fabric/network-state.ts';
import type { MachineSpec, Platform, PowerState } from '../../src/region/platform.ts';

export interface MemoryMachine {
  readonly spec: MachineSpec;
  readonly content: MachineContent;
  readonly power: PowerState;
  /** How often a disk was made for a machine of this name. */
  readonly disks: number;
  readonly boots: number;
}

/** A world without a kernel: it remembers what it was told, and refuses what the real one would refuse. */
export interface MemoryPlatform extends Platform {
  networkState(): NetworkState;
  machine(name: string): MemoryMachine | undefined;
  machineNames(): readonly string[];
  /** Nodes that joined, by name. */
  nodes(): ReadonlyMap<string, NodeSpec>;
  /** The settings of static egress gateway in each cluster that has it, by the cluster's name. */
  features(): ReadonlyMap<string, FeatureSettings>;
  /** Who uses a gateway pool, by `namespace/name`; `unreachable`: the API servers do not answer. Default: nobody. */
  setPoolUsers(users: readonly string[] | 'unreachable'): void;
  /** What happened to machines and nodes, in order: `start NAME`, `off NAME`, `wipe NAME`, `join NAME`, `leave NAME`, `forget NAME`, `serve NAME`, `install NAME`, `remove NAME`. */
  events(): readonly string[];
}

export function createMemoryPlatform(): MemoryPlatform {
  let network: NetworkState = { virtualNetworks: [] };
  const machines = new Map<string, MemoryMachine>();
  const nodes = new Map<string, NodeSpec>();
  /** Keys of the clusters that nodes are in. */
  const homes = new Map<string, string>();
  const features = new Map<string, FeatureSettings>();
  const events: string[] = [];
  const disks = new Map<string, number>();
  let poolUsers: readonly string[] | 'unreachable' = [];

  function checkPort({ name, address }: MachineSpec): void {
    const port = network.virtualNetworks.flatMap(({ ports }) => ports).find((one) => one.machine === name);
    if (port?.isConnected !== true) throw new Error(`machine ${name} has no connected port`);
    if (port.addresses[0] !== address) throw new Error(`machine ${name} is not at ${address}`);
  }

  async function newDisk(spec: MachineSpec): Promise<MemoryMachine> {
    const count = (disks.get(spec.name) ?? 0) + 1;
    disks.set(spec.name, count);
    return { spec, content: await spec.content(), power: 'stopped', disks: count, boots: 0 };
  }

  async function start(spec: MachineSpec): Promise<void> {
    checkPort(spec);
    const machine = machines.get(spec.name) ?? (await newDisk(spec));
    if (machine.power === 'running') return;
    events.push(`start ${spec.name}`);
    machines.set(spec.name, { ...machine, spec, power: 'running', boots: machine.boots + 1 });
  }

  return {
    network: {
      apply: async (state) => {
        network = state;
      },
      probe: async ({ address }) =>
        [...machines.values()].some(({ spec, power }) => spec.address === address && power === 'running'),
    },
    machines: {
      start,
      powerOff: async (name, { skipShutdown }) => {
        const machine = machines.get(name);
        if (machine?.power !== 'running') return;
        events.push(`${skipShutdown ? 'cut' : 'off'} ${name}`);
        machines.set(name, { ...machine, power: 'stopped' });
      },
      wipe: async (name) => {
        if (machines.delete(name)) events.push(`wipe ${name}`);
      },
      powerState: async (name) => machines.get(name)?.power ?? 'stopped',
    },
    clusters: {
      controlPlaneContent: async ({ key }) => ({
        files: [{ path: '/etc/cluster', content: key }],
        services: [{ name: 'apiserver', command: ['true'] }],
      }),
      ensureReady: async ({ address }, signal) => {
        signal.throwIfAborted();
        const isUp = [...machines.values()].some((machine) => machine.spec.address === address && machine.power === 'running');
        if (!isUp) throw new Error(`no control plane runs at ${address}`);
      },
      ensureFeature: async ({ name }, feature) => {
        if (feature.enabled !== features.has(name)) events.push(`${feature.enabled ? 'install' : 'remove'} ${name}`);
        if (feature.enabled) features.set(name, feature.settings);
        else features.delete(name);
      },
      awaitFeature: async ({ name }) => {
        if (!features.has(name)) throw new Error(`nothing was installed in ${name}`);
      },
      awaitGateway: async (_cluster, name) => {
        if (!nodes.has(name)) throw new Error(`node ${name} is not there`);
        events.push(`serve ${name}`);
      },
      gatewayPoolUsers: async () => {
        if (poolUsers === 'unreachable') throw new SegwError('ApiServerUnreachable', 'list configurations: connect ECONNREFUSED');
        return poolUsers;
      },
      nodeContent: async (_cluster, { name }) => ({
        files: [{ path: '/etc/node', content: name }],
        services: [{ name: 'kubelet', command: ['true'] }],
      }),
      ensureNodeReady: async ({ key }, node, signal) => {
        signal.throwIfAborted();
        if (machines.get(node.name)?.power !== 'running') throw new Error(`node ${node.name} does not run`);
        if (!nodes.has(node.name)) events.push(`join ${node.name}`);
        nodes.set(node.name, node);
        homes.set(node.name, key);
      },
      removeNode: async (_cluster, name) => {
        if (poolUsers === 'unreachable') throw new SegwError('ApiServerUnreachable', `cordon node ${name}: connect ECONNREFUSED`);
        if (nodes.delete(name)) events.push(`leave ${name}`);
      },
      retainNodes: async ({ key }, names) => {
        for (const name of nodes.keys())
          if (homes.get(name) === key && !names.includes(name) && nodes.delete(name)) events.push(`forget ${name}`);
      },
      connect: async ({ name }) => {
        throw new SegwError('ApiServerUnreachable', `cluster ${name} has no API server`);
      },
      kubeconfig: async ({ apiPort, name }) =>
        `apiVersion: v1\nkind: Config\ncurrent-context: ${name}\nclusters:\n- name: ${name}\n  cluster: {server: "https://127.0.0.1:${String(apiPort)}"}\n`,
      serviceAccountKeys: async () => [],
      remove: async () => undefined,
    },
    networkState: () => network,
    machine: (name) => machines.get(name),
    machineNames: () => [...machines.keys()].toSorted(),
    nodes: () => nodes,
    features: () => features,
    setPoolUsers: (users) => {
      poolUsers = users;
    },
    events: () => events,
  };
}
