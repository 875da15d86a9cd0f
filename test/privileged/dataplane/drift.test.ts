import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pollUntil } from '../../../src/base/poll.ts';
import { desiredWorker } from '../../../src/dataplane/desired-worker.ts';
import { diff } from '../../../src/dataplane/diff/diff.ts';
import { workerDevice } from '../../../src/dataplane/settings.ts';
import { barrage, sendOdd, settle, underTraffic } from '../../support/dataplane/rig/barrage.ts';
import { startAgent, type RigAgent } from '../../support/dataplane/rig/rig-agent.ts';
import {
  assertSources,
  egressOf,
  openRig,
  untilServed,
  untilWrong,
  type Rig,
  type RigWorker,
} from '../../support/dataplane/rig/rig.ts';
import { runIn } from '../linux/namespaces.ts';

/** Without the watch nothing is put back before the next look, half a minute after the last. */
const resyncMs = 10_000;

let rig: Rig;
let worker: RigWorker;
let agent: RigAgent;

before(async () => {
  rig = await openRig();
  worker = rig.workers[1];
  agent = startAgent(worker);
  await agent.plane.carry(worker.inputs);
});

after(async () => {
  await agent.kill();
  await rig.close();
});

function command(line: string): () => void {
  const [program = '', ...args] = line.split(' ');
  return () => void runIn(worker.netns, program, ...args);
}

function deleteDevice(): void {
  runIn(worker.netns, 'ip', 'link', 'delete', workerDevice(worker.settings, 1));
}

const damages: readonly (readonly [what: string, damage: () => void])[] = [
  ['somebody flushes the whole ruleset', command('nft flush ruleset')],
  ['our table is deleted', command('nft delete table inet segw')],
  ['the guards are taken out of our table', command('nft flush chain inet segw from_pod')],
  ['the attached pods are taken out of our table', command('nft flush set inet segw veths')],
  ['the rules for marks are flushed', command('ip rule flush pref 7000')],
  ['a routing table is flushed', command('ip route flush table 7001')],
  ['a route of another way is put first', command('ip route replace default via 10.224.0.1 dev eth0 table 7001')],
  ['a tunnel device is deleted', deleteDevice],
];

for (const [what, damage] of damages)
  test(`when ${what} under traffic, nothing leaves with a wrong source, and the agent’s watch has it put back`, async (t) => {
    const destination = rig.destination();
    await underTraffic(rig, rig.pods.a1, destination, async () => {
      const damagedMs = performance.now();
      damage();
      sendOdd(rig.pods.a1, destination);
      await pollUntil('a repair', () => agent.lastChangeMs() > damagedMs || undefined, { timeoutMs: resyncMs, intervalMs: 20 });
      await untilWhole();
      t.diagnostic(`put back after ${String(Math.round(agent.lastChangeMs() - damagedMs))} ms`);
      rig.loadForeignRules(worker);
      await untilServed(rig);
      await barrage(rig.pods.a1, destination);
    });
    await settle();
    assertSources(rig, destination, egressOf.a);
  });

test('the lock is there, of the agent’s process alone: nobody else can flush or delete it', async () => {
  assert.match(runIn(worker.netns, 'nft', 'list', 'tables'), /table inet segw_lock/);
  assert.match(runIn(worker.netns, 'nft', 'list', 'table', 'inet', 'segw_lock'), /flags owner/);
  assert.throws(() => runIn(worker.netns, 'nft', 'delete', 'table', 'inet', 'segw_lock'), /Operation not permitted/);
  assert.throws(() => runIn(worker.netns, 'nft', 'flush', 'chain', 'inet', 'segw_lock', 'forward'), /Operation not permitted/);
  runIn(worker.netns, 'nft', 'flush', 'ruleset');
  assert.match(runIn(worker.netns, 'nft', 'list', 'tables'), /table inet segw_lock/);
  await untilWhole();
  rig.loadForeignRules(worker);
});

test('without the lock the same flush lets traffic out until it is repaired', async () => {
  const destination = rig.destination();
  await agent.kill();
  try {
    await underTraffic(rig, rig.pods.a1, destination, async () => {
      assert.doesNotMatch(runIn(worker.netns, 'nft', 'list', 'tables'), /segw_lock/);
      runIn(worker.netns, 'nft', 'flush', 'ruleset');
      await untilWrong(rig, destination, egressOf.a);
    });
  } finally {
    agent = startAgent(worker);
    await agent.plane.carry(worker.inputs);
    rig.loadForeignRules(worker);
  }
});

async function untilWhole(): Promise<void> {
  const desired = desiredWorker(worker.inputs, worker.settings);
  await pollUntil(
    'everything is put back',
    async (note) => {
      const steps = diff(await agent.host.observe(worker.scope), desired);
      note(steps.map(({ kind }) => kind).join());
      return steps.length === 0 ? true : undefined;
    },
    { timeoutMs: 20_000, intervalMs: 20 },
  );
}
