import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { desiredGateway } from '../../../src/dataplane/desired-gateway.ts';
import { desiredWorker } from '../../../src/dataplane/desired-worker.ts';
import { diff } from '../../../src/dataplane/diff/diff.ts';
import { emptyNamespace, hostNamespace, type HostState } from '../../../src/dataplane/host-state.ts';
import type { Host, Scope } from '../../../src/dataplane/host.ts';
import type { GatewayInputs, WorkerInputs } from '../../../src/dataplane/model.ts';
import { render } from '../../../src/dataplane/render.ts';
import { gatewayScope, workerScope } from '../../../src/dataplane/scope.ts';
import { findBinary } from '../../support/binaries.ts';
import { anyGatewayNode, anyWorker, gatewayNode } from '../../support/dataplane/worlds.ts';
import { isNetns } from '../../../src/linux/netns.ts';
import { runIn } from './namespaces.ts';
import { openNode, type LinuxNode } from './node.ts';

/** What people and programs do to a node behind our back. `%` stands for the prefix of our devices. */
const meddlings = [
  '',
  'nft flush ruleset',
  'nft insert rule inet segw forward drop',
  'nft flush set inet segw pods',
  'nft flush set inet segw labels',
  'nft flush chain inet segw raw',
  'nft delete table inet segw',
  'ip rule delete pref 7000',
  'ip route flush table 7001',
  'ip route flush table main',
  'ip route add blackhole 10.9.0.0/16 table 7002 metric 9',
  'ip link delete %w1',
  'ip link set %w2 down',
  'ip link set %w3 mtu 1280',
  'ip address flush dev %w1',
  'ip address add 10.9.9.9/24 dev %w2',
  'ip link delete %g',
  'ip link set %g down',
  'ip address flush dev host0',
  'ip neighbour flush dev host0 nud permanent',
  'ip link delete gwv',
  'ip link delete host0',
  'ip link set gwv down',
  'ip route flush dev gwv',
] as const;

interface Leg<T> {
  readonly inputs: T;
  readonly meddle: readonly (typeof meddlings)[number][];
  /** The agent is killed after so many steps, and another one goes on. */
  readonly stopAfter: number;
  readonly isByCommand: boolean;
}

function legs<T>(inputs: fc.Arbitrary<T>): fc.Arbitrary<Leg<T>[]> {
  const meddle = fc.array(fc.constantFrom(...meddlings), { maxLength: 2 });
  return fc.array(fc.record({ inputs, meddle, stopAfter: fc.nat(30), isByCommand: fc.boolean() }), {
    minLength: 2,
    maxLength: 4,
  });
}

interface Side<T> {
  readonly scope: (inputs: T, node: LinuxNode) => Scope;
  readonly desired: (inputs: T, node: LinuxNode) => HostState;
}

/** Each leg: somebody meddles, an agent is killed half-way, another one ends the work; both back ends see the same afterwards. */
async function walk<T>({ scope: scopeOf, desired: desiredOf }: Side<T>, way: readonly Leg<T>[]): Promise<void> {
  const node = openNode(await findBinary('wireguard-go'));
  try {
    for (const { inputs, meddle, stopAfter, isByCommand } of way) {
      for (const command of meddle) meddleWith(node, command);
      const scope = scopeOf(inputs, node);
      const desired = desiredOf(inputs, node);
      for (const step of diff(await node.host.observe(scope), desired).slice(0, stopAfter)) await node.host.apply(step);
      node.host.close();
      const [next, other] = isByCommand ? [node.openCommandHost(), node.openHost()] : [node.openHost(), node.openCommandHost()];
      for (const step of diff(await next.observe(scope), desired)) await next.apply(step);
      assert.deepEqual(diff(await next.observe(scope), desired), []);
      assert.equal(await look(other, scope), await look(next, scope));
    }
  } finally {
    await node.close();
  }
}

/** Everything but rules, which only who wrote them knows in our words: of tables, what is in their sets. */
async function look(host: Host, scope: Scope): Promise<string> {
  const { namespaces } = await host.observe(scope);
  return render({
    namespaces: namespaces.map((each) => ({
      ...each,
      tables: each.tables.map((table) => ({ ...table, chains: [], sets: table.sets.map((set) => ({ ...set, type: '' })) })),
    })),
  });
}

function meddleWith(node: LinuxNode, command: string): void {
  const prefix = node.settings.gatewayDevice.slice(0, -1);
  for (const netns of [node.hostPath, node.gatewayPath].filter(isNetns))
    runIn(netns, 'sh', '-c', `${command.replaceAll('%', prefix)} 2>/dev/null || true`);
}

/** Of a name in examples. */
function keyOf(name: string): string {
  return createHash('sha256').update(name).digest('base64');
}

const settingsOf = ({ settings }: LinuxNode) => ({ ...settings, hasLockTable: false });

const workerSide: Side<WorkerInputs> = {
  scope: (_inputs, node) => workerScope(settingsOf(node)),
  desired: (inputs, node) => {
    const gateways = inputs.gateways.map((each) => ({ ...each, publicKey: keyOf(each.publicKey) }));
    return desiredWorker({ ...inputs, gateways, publicKey: node.publicKey }, settingsOf(node));
  },
};

const gatewaySide: Side<GatewayInputs | undefined> = {
  scope: (inputs, node) => gatewayScope(inputs ?? gatewayNode(), settingsOf(node)),
  desired: (inputs, node) => {
    if (inputs === undefined) return { namespaces: [emptyNamespace(hostNamespace)] };
    const workers = inputs.workers.map((each) => ({ ...each, publicKey: keyOf(each.publicKey) }));
    return desiredGateway({ ...inputs, workers, publicKey: node.publicKey }, settingsOf(node));
  },
};

/** Short by default; a failure prints the seed. */
const runs = { numRuns: Number(process.env['SEGW_WALK_RUNS'] ?? 6), endOnFailure: true };

test('a worker gets from any state to any other on a real kernel, whoever meddles, by netlink and by commands', async () => {
  await fc.assert(
    fc.asyncProperty(legs(anyWorker), (way) => walk(workerSide, way)),
    runs,
  );
});

test('a gateway gets from any state to any other on a real kernel, whoever meddles, by netlink and by commands', async () => {
  const anyInputs = fc.option(anyGatewayNode, { nil: undefined, freq: 6 });
  await fc.assert(
    fc.asyncProperty(legs(anyInputs), (way) => walk(gatewaySide, way)),
    runs,
  );
});
