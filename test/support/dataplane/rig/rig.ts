import assert from 'node:assert/strict';
import { addressAt } from '../../../../src/base/addresses.ts';
import { pollUntil } from '../../../../src/base/poll.ts';
import { desiredGateway } from '../../../../src/dataplane/desired-gateway.ts';
import { desiredWorker } from '../../../../src/dataplane/desired-worker.ts';
import type { GatewayInputs, WorkerInputs } from '../../../../src/dataplane/model.ts';
import { gatewayScope, workerScope } from '../../../../src/dataplane/scope.ts';
import { workerPort } from '../../../../src/dataplane/settings.ts';
import { Namespaces } from '../../../privileged/linux/namespaces.ts';
import { openNode, type LinuxNode } from '../../../privileged/linux/node.ts';
import { findBinary } from '../../binaries.ts';
import { gateway, gatewayNode, pod, remoteWorker, sgc, worker } from '../worlds.ts';
import { configure, internet, loadRules, openFabric, plug, route, type Fabric } from './fabric.ts';
import { foreignRules } from './foreign-rules.ts';
import { datagrams } from './pod-client.ts';
import { RigNode } from './rig-node.ts';

/** A pod's namespace with the link to its node. */
export interface RigPod {
  readonly name: string;
  readonly netns: string;
  readonly address: string;
  readonly address6: string;
  readonly veth: string;
}

interface PodPlan {
  readonly worker: 1 | 2;
  readonly index: number;
  /** Absent: it uses no gateway. */
  readonly sgc?: 'a' | 'b';
}

/** `a`: everything but 192.0.2.0/24 through a gateway; `b` (azureNetworking): only 192.0.2.0/24. */
const plans = {
  a1: { worker: 1, index: 2, sgc: 'a' },
  a2: { worker: 1, index: 3, sgc: 'a' },
  b1: { worker: 1, index: 5, sgc: 'b' },
  u1: { worker: 1, index: 9 },
  c1: { worker: 2, index: 2, sgc: 'a' },
  u2: { worker: 2, index: 9 },
} as const satisfies Record<string, PodPlan>;
export type PodName = keyof typeof plans;

const numbers = [1, 2] as const;
const excluded = [{ address: `${internet.excludedNetwork}.0`, prefixLength: 24 }];

export type RigWorker = RigNode<WorkerInputs>;
export type RigGateway = RigNode<GatewayInputs>;

/** A small cluster of namespaces: a virtual network with the internet behind it, two workers, two gateways, pods, and others' rules. */
export interface Rig {
  readonly fabric: Fabric;
  readonly workers: Readonly<Record<1 | 2, RigWorker>>;
  readonly gateways: Readonly<Record<1 | 2, RigGateway>>;
  readonly pods: Readonly<Record<PodName, RigPod>>;
  /** An address of the internet host that nobody else gets; `isExcluded`: one of those that SGC `a` excludes. */
  destination(kind?: { readonly isExcluded: boolean }): string;
  /** Writes again what others had written on the node. */
  loadForeignRules(node: RigWorker | RigGateway): void;
  close(): Promise<void>;
}

/** The addresses by which an SGC leaves. */
export const egressOf = { a: ['10.224.0.121', '10.224.0.122'], b: ['10.224.0.131', '10.224.0.132'] } as const;

/** Everything runs: each attached pod has had an answer through its gateway. Leaves nothing when it fails. */
export async function openRig(): Promise<Rig> {
  const binary = await findBinary('wireguard-go');
  const namespaces = new Namespaces();
  const nodes = { workers: [openNode(binary), openNode(binary)], gateways: [openNode(binary), openNode(binary)] };
  const fabric = openFabric(namespaces);
  const close = async () => {
    await fabric.stop();
    for (const node of [...nodes.workers, ...nodes.gateways]) await node.close();
    namespaces.remove();
  };
  try {
    await fabric.start();
    const rig = makeRig(namespaces, fabric, nodes);
    const all = [...Object.values(rig.workers), ...Object.values(rig.gateways)];
    for (const node of all) rig.loadForeignRules(node);
    // In the product's order. Both ends of a tunnel that begin at one moment may refuse each other's answers, and wait for five seconds.
    await Promise.all(Object.values(rig.gateways).map((node) => node.restore()));
    await Promise.all(Object.values(rig.workers).map((node) => node.restore()));
    await untilServed(rig);
    return { ...rig, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function makeRig(namespaces: Namespaces, fabric: Fabric, nodes: Nodes): Omit<Rig, 'close'> {
  const workers = { 1: rigWorker(1, nodes), 2: rigWorker(2, nodes) };
  const gateways = { 1: rigGateway(1, nodes), 2: rigGateway(2, nodes) };
  const podOf = (name: PodName) => plugPod(workers[plans[name].worker].netns, namespaces.create(name), name);
  const pods = { a1: podOf('a1'), a2: podOf('a2'), b1: podOf('b1'), u1: podOf('u1'), c1: podOf('c1'), u2: podOf('u2') };
  for (const number of numbers) {
    route(workers[number].netns);
    route(gateways[number].netns);
    const pods = [`10.244.${String(number)}.0/24`, `fd00:10:244:${String(number)}::/64`];
    fabric.connect(`w${String(number)}`, workers[number].netns, workerAddress(number), pods);
    const egress = [egressOf.a, egressOf.b].map((addresses) => `${addresses[number - 1] ?? ''}/32`);
    fabric.connect(`g${String(number)}`, gateways[number].netns, gatewayAddress(number), egress);
  }
  const used = { normal: 10, excluded: 10 };
  return {
    fabric,
    workers,
    gateways,
    pods,
    destination({ isExcluded } = { isExcluded: false }) {
      if (isExcluded) return `${internet.excludedNetwork}.${String(used.excluded++)}`;
      return `${internet.network}.${String(used.normal++)}`;
    },
    loadForeignRules: ({ netns }) => loadRules(netns, foreignRules({ nodePortBackend: pods.a1.address })),
  };
}

/** Until each attached pod is answered, by its own gateway. */
export async function untilServed({ pods }: Pick<Rig, 'pods'>): Promise<void> {
  for (const name of ['a1', 'a2', 'b1', 'c1'] as const) {
    const { netns } = pods[name];
    await pollUntil(
      `an answer to pod ${name} through its gateway`,
      async () => (await datagrams(netns, `${internet.network}.250`, { count: 1, waitMs: 100 })) || undefined,
      { timeoutMs: 20_000, intervalMs: 10 },
    );
  }
}

/** Packets with other sources than these. */
export function wrongSources(
  rig: Rig,
  destination: string,
  right: readonly string[],
): (readonly [source: string, packets: number])[] {
  return [...rig.fabric.sourcesOf(destination)].filter(([source]) => !right.includes(source));
}

/** Until a packet with another source than these has left: what a guard that was taken away would have kept in. */
export async function untilWrong(rig: Rig, destination: string, right: readonly string[]): Promise<void> {
  await pollUntil('a packet with a wrong source', () => wrongSources(rig, destination, right).length > 0 || undefined, {
    timeoutMs: 5000,
    intervalMs: 20,
  });
}

/** Nothing has left with another source; and unless `isSilent`, something has left. */
export function assertSources(rig: Rig, destination: string, right: readonly string[], { isSilent = false } = {}): void {
  assert.deepEqual(wrongSources(rig, destination, right), [], 'wrong sources');
  if (!isSilent) assert.notDeepEqual([...rig.fabric.sourcesOf(destination)], [], 'nothing has left');
}

export function workerAddress(number: number): string {
  return `10.224.0.${String(10 + number)}`;
}

export function gatewayAddress(number: number): string {
  return `10.224.0.${String(20 + number)}`;
}

/** Label of an SGC on a worker. */
export function labelOf(number: 1 | 2, name: 'a' | 'b'): string {
  return addressAt(blockOf(number), name === 'a' ? 10 : 11);
}

interface Nodes {
  readonly workers: readonly LinuxNode[];
  readonly gateways: readonly LinuxNode[];
}

function rigWorker(number: 1 | 2, { workers, gateways }: Nodes): RigWorker {
  const node = nodeOf(workers, number);
  const own = Object.entries(plans).filter(([, plan]) => plan.worker === number && 'sgc' in plan);
  const inputs = worker({
    publicKey: node.publicKey,
    block: blockOf(number),
    cluster: { ...worker().cluster, ipv6: ['fd00:10::/32'] },
    gateways: numbers.map((each) => gateway(each, { publicKey: nodeOf(gateways, each).publicKey })),
    sgcs: [
      sgc('a', { label: labelOf(number, 'a'), excludeCidrs: excluded, gateways: numbers }),
      sgc('b', { label: labelOf(number, 'b'), excludeCidrs: excluded, gateways: numbers, defaultRoute: 'azureNetworking' }),
    ],
    pods: own.map(([name, plan]) =>
      pod(plan.index, { uid: name, veth: name, address: podAddress(plan), sgc: `team/${'sgc' in plan ? plan.sgc : ''}` }),
    ),
  });
  return new RigNode({
    node,
    netns: node.hostPath,
    inputs,
    desired: desiredWorker,
    scope: (_inputs, settings) => workerScope(settings),
  });
}

function rigGateway(number: 1 | 2, { workers, gateways }: Nodes): RigGateway {
  const node = nodeOf(gateways, number);
  const inputs = gatewayNode({
    publicKey: node.publicKey,
    nodeAddress: gatewayAddress(number),
    egress: (['a', 'b'] as const).map((name) => ({ sgc: `team/${name}`, address: egressOf[name][number - 1] ?? '' })),
    workers: numbers.map((each) => ({
      ...remoteWorker(
        each,
        (['a', 'b'] as const).map((name) => [labelOf(each, name), `team/${name}`]),
      ),
      publicKey: nodeOf(workers, each).publicKey,
      endpoint: { address: workerAddress(each), port: workerPort(node.settings, number) },
    })),
  });
  return new RigNode({ node, netns: node.hostPath, inputs, desired: desiredGateway, scope: gatewayScope });
}

function nodeOf(nodes: readonly LinuxNode[], number: number): LinuxNode {
  const node = nodes[number - 1];
  assert.ok(node);
  return node;
}

function blockOf(number: number) {
  return remoteWorker(number, []).block;
}

function podAddress({ worker: number, index }: PodPlan): string {
  return `10.244.${String(number)}.${String(index)}`;
}

/** A link of its own and no bridge, as the plugin `ptp` does. */
function plugPod(hostPath: string, netns: string, name: PodName): RigPod {
  const plan: PodPlan = plans[name];
  const address = podAddress(plan);
  const address6 = `fd00:10:244:${String(plan.worker)}::${String(plan.index)}`;
  const router = `10.244.${String(plan.worker)}.1`;
  const router6 = `fd00:10:244:${String(plan.worker)}::1`;
  plug(hostPath, name, netns);
  configure(
    netns,
    `address add ${address}/32 dev eth0`,
    `address add ${address6}/128 dev eth0 nodad`,
    'link set eth0 up',
    `route add ${router} dev eth0`,
    `route add default via ${router}`,
    `route add ${router6} dev eth0`,
    `route add ::/0 via ${router6}`,
  );
  configure(
    hostPath,
    `address add ${router}/32 dev ${name}`,
    `address add ${router6}/128 dev ${name} nodad`,
    `route add ${address} dev ${name}`,
    `route add ${address6} dev ${name}`,
  );
  return { name, netns, address, address6, veth: name };
}
