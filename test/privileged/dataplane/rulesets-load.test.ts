import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import * as fc from 'fast-check';
import { addressAt } from '../../../src/base/addresses.ts';
import { run } from '../../../src/base/exec.ts';
import { pollUntil } from '../../../src/base/poll.ts';
import { desiredGateway } from '../../../src/dataplane/desired-gateway.ts';
import { desiredWorker } from '../../../src/dataplane/desired-worker.ts';
import { diff } from '../../../src/dataplane/diff/diff.ts';
import { emptyNamespace, namespaceOf, type HostState } from '../../../src/dataplane/host-state.ts';
import type { WorkerInputs } from '../../../src/dataplane/model.ts';
import type { NftTable } from '../../../src/dataplane/nft/table.ts';
import { renderTransaction } from '../../../src/dataplane/nft/transaction.ts';
import { defaultSettings } from '../../../src/dataplane/settings.ts';
import { anyGatewayNode, anyWorker, block, gateway, pod, sgc, worker } from '../../support/dataplane/worlds.ts';

/** Two namespaces: in one the table is changed step by step, in the other written at once. */
const changed = `t${String(process.pid)}-changed`;
const written = `t${String(process.pid)}-written`;

before(async () => {
  for (const netns of [changed, written]) await run('ip', ['netns', 'add', netns]);
});

after(async () => {
  for (const netns of [changed, written]) await run('ip', ['netns', 'delete', netns]);
});

async function nft(netns: string, input: string): Promise<void> {
  await run('ip', ['netns', 'exec', netns, 'nft', '-f', '-'], { input });
}

/** As nft lists the table, elements in order: the kernel keeps none. */
async function list(netns: string, table: string): Promise<string> {
  const text = await run('ip', ['netns', 'exec', netns, 'nft', '--stateless', 'list', 'table', 'inet', table]);
  return text.replaceAll(/elements = \{([^}]*)\}/g, (_, elements: string) =>
    elements
      .split(/,\s*/)
      .map((element) => element.trim())
      .toSorted()
      .join(', '),
  );
}

function tablesIn(state: HostState, namespace: string): readonly NftTable[] {
  return namespaceOf(state, namespace).tables;
}

/** A table that another process owns can be neither listed step by step nor kept: this is about the others. */
const settings = { ...defaultSettings, hasLockTable: false };

/** Returns how many transactions changed elements only. */
async function assertSameTable(states: readonly HostState[], namespace: string): Promise<number> {
  let edits = 0;
  let observed: HostState = { namespaces: [emptyNamespace('host')] };
  for (const desired of states) {
    for (const step of diff(observed, desired)) {
      if (step.kind !== 'nft' || step.namespace !== namespace) continue;
      await nft(changed, renderTransaction(step.transaction));
      if (step.transaction.kind === 'edit') edits += 1;
    }
    observed = desired;
    for (const table of tablesIn(desired, namespace)) {
      await nft(written, renderTransaction({ kind: 'rewrite', table }));
      assert.equal(await list(changed, table.name), await list(written, table.name));
    }
  }
  return edits;
}

test('a worker table that was changed step by step is the one that is written at once', async () => {
  const worlds = fc.sample(anyWorker, { numRuns: 30, seed: 7 });
  await assertSameTable(
    worlds.map((inputs) => desiredWorker(inputs, settings)),
    'host',
  );
});

test('pods and gateways that come, go and change need no rewrite', async () => {
  const worlds = fc.sample(anyWorker, { numRuns: 40, seed: 11 }).map(withEverythingInUse);
  const edits = await assertSameTable(
    worlds.map((inputs) => desiredWorker(inputs, settings)),
    'host',
  );
  assert.ok(edits >= worlds.length - 1);
});

/** The same SGCs and gateways in every world. */
function withEverythingInUse(world: WorkerInputs): WorkerInputs {
  const states = new Map(world.gateways.map(({ number, state }) => [number, state]));
  const spreads = new Map(world.sgcs.map(({ key, spread }) => [key, spread]));
  const sgcs = ['a', 'b', 'c'].map((name, index) =>
    sgc(name, { label: addressAt(block, 10 + index), gateways: [1, 2, 3, 4], spread: spreads.get(`team/${name}`) ?? 'perPod' }),
  );
  const users = sgcs.map(({ key }, index) => pod(20 + index, { sgc: key }));
  const gateways = [1, 2, 3, 4].map((number) => gateway(number, { state: states.get(number) ?? 'ready' }));
  return { ...world, sgcs, gateways, pods: [...world.pods, ...users] };
}

test('the tables of a gateway that were changed step by step are those that are written at once', async () => {
  const states = fc.sample(anyGatewayNode, { numRuns: 20, seed: 7 }).map((inputs) => desiredGateway(inputs, settings));
  assert.ok((await assertSameTable(states, 'host')) > 5);
  assert.ok((await assertSameTable(states, 'segw')) > 5);
});

test('a rewritten table goes on counting', async () => {
  const [table] = tablesIn(desiredWorker(worker(), settings), 'host');
  assert.ok(table);
  const counters = [{ name: 'refused', packets: 3, bytes: 180 }];
  const others = table.counters.filter(({ name }) => name !== 'refused');
  await nft(changed, renderTransaction({ kind: 'rewrite', table: { ...table, counters: [...others, ...counters] } }));
  const text = await run('ip', ['netns', 'exec', changed, 'nft', 'list', 'counter', 'inet', 'segw', 'refused']);
  assert.match(text, /packets 3 bytes 180/);
});

test('the lock stands when somebody else flushes everything, and its owner goes on rewriting it', async () => {
  const lock = tablesIn(desiredWorker(worker()), 'host').find(({ isOwned }) => isOwned);
  assert.ok(lock);
  const empty = { ...lock, sets: lock.sets.map((set) => ({ ...set, elements: [] })) };
  const list = (...what: string[]) => run('ip', ['netns', 'exec', changed, 'nft', 'list', ...what]);
  const owner = spawn('ip', ['netns', 'exec', changed, 'nft', '--interactive'], { stdio: ['pipe', 'ignore', 'inherit'] });
  try {
    owner.stdin.write(inOneLine(empty));
    await pollUntil('lock', async () => ((await list('tables')).includes(lock.name) ? true : undefined), { timeoutMs: 5000 });
    await run('ip', ['netns', 'exec', changed, 'nft', 'flush', 'ruleset']);
    assert.equal(await list('tables'), `table inet ${lock.name}`);
    owner.stdin.write(inOneLine(lock));
    const locks = () => list('map', 'inet', lock.name, 'locks');
    await pollUntil('locked pod', async () => ((await locks()).includes('"veth2" : goto lock_10') ? true : undefined), {
      timeoutMs: 5000,
    });
  } finally {
    owner.stdin.end();
    await once(owner, 'exit');
  }
});

/** nft's prompt takes one line at a time. */
function inOneLine(table: NftTable): string {
  return renderTransaction({ kind: 'rewrite', table })
    .replaceAll('{\n', '{ ')
    .replaceAll(/\n(?= |\})/g, '; ');
}
