import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { MortalHost } from '../../test/support/dataplane/mortal-host.ts';
import { egressDevices, isGuarded, mixedUpLinks } from '../../test/support/dataplane/oracle.ts';
import { anyWorker } from '../../test/support/dataplane/worlds.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { createLogger } from '../base/log.ts';
import { desiredWorker } from '../dataplane/desired-worker.ts';
import { diff } from '../dataplane/diff/diff.ts';
import type { HostState } from '../dataplane/host-state.ts';
import type { Host } from '../dataplane/host.ts';
import { MemoryHost } from '../dataplane/memory/memory-host.ts';
import type { WorkerInputs } from '../dataplane/model.ts';
import { workerScope } from '../dataplane/scope.ts';
import { Plane } from './plane.ts';

const log = createLogger('test', { level: 'silent' });

/** A kernel over the lives of several agents, with every state that it was in. */
class History {
  readonly states: HostState[] = [];
  #kernel = new MemoryHost();

  /** As an agent sees it, until it is killed before step `lastStep + 1`. */
  open(lastStep = Infinity): MortalHost {
    const kernel = this.#kernel;
    const host: Host = {
      observe: (scope) => kernel.observe(scope),
      apply: async (step) => {
        await kernel.apply(step);
        this.states.push(kernel.state);
      },
    };
    return new MortalHost(host, lastStep);
  }

  /** What a process owns goes with it. */
  bury(): void {
    const { namespaces } = this.#kernel.state;
    this.#kernel = new MemoryHost({
      namespaces: namespaces.map((each) => ({ ...each, tables: each.tables.filter(({ isOwned }) => !isOwned) })),
    });
    this.states.push(this.#kernel.state);
  }

  get state(): HostState {
    return this.#kernel.state;
  }

  async observe(): Promise<HostState> {
    return await this.#kernel.observe(workerScope());
  }
}

function newPlane(host: Host): Plane {
  return new Plane({ host, log, clock: new FakeClock() });
}

/** Agents come and are killed after `lives` steps each, the last one is not; each is to carry `after`. True when any was killed. */
async function live(history: History, after: WorkerInputs, lives: readonly number[]): Promise<boolean> {
  let wasKilled = false;
  for (const lastStep of lives) {
    const host = history.open(lastStep);
    const isKilled = await host.killsBefore(newPlane(host).carry(after));
    if (isKilled) history.bury();
    wasKilled ||= isKilled;
  }
  await newPlane(history.open()).carry(after);
  return wasKilled;
}

async function assertSound(history: History, before: WorkerInputs, after: WorkerInputs): Promise<void> {
  assert.deepEqual(diff(await history.observe(), desiredWorker(after)), []);
  const later = new Set(after.pods.map(({ veth }) => veth));
  for (const pod of before.pods.filter(({ veth }) => later.has(veth))) {
    const guards = history.states.map((state) => isGuarded(state, pod));
    if (guards.at(0) && guards.at(-1)) assert.ok(guards.every(Boolean), `guard of ${pod.veth}: ${guards.join()}`);
    const ways = history.states.map((state) => egressDevices(state, pod).length > 0);
    if (ways.at(0) && ways.at(-1)) assert.ok(ways.every(Boolean), `way of ${pod.veth}: ${ways.join()}`);
  }
  assert.deepEqual(history.states.flatMap(mixedUpLinks), []);
}

/** A kernel that carries `before`, written by an agent that is still there. */
async function carrying(before: WorkerInputs): Promise<History> {
  const history = new History();
  await newPlane(history.open()).carry(before);
  history.states.splice(0, history.states.length - 1);
  return history;
}

test('an agent that is killed at any step of a change leaves a kernel that the next one completes, without a gap', async () => {
  await fc.assert(
    fc.asyncProperty(anyWorker, anyWorker, async (before, after) => {
      for (let lastStep = 0; ; lastStep += 1) {
        const history = await carrying(before);
        history.bury();
        const wasKilled = await live(history, after, [lastStep]);
        await assertSound(history, before, after);
        if (!wasKilled) return;
      }
    }),
    { numRuns: 12 },
  );
});

test('so does one that is killed at any step of a failover or a move, which it makes without a look', async () => {
  await fc.assert(
    fc.asyncProperty(anyWorker, anyWorker, async (before, after) => {
      for (let lastStep = 0; ; lastStep += 1) {
        const history = await carrying(before);
        const plane = await inPlace(history, before, lastStep);
        const isKilled = await plane.host.killsBefore(plane.carry(after));
        if (isKilled) history.bury();
        await live(history, after, []);
        await assertSound(history, before, after);
        if (!isKilled) return;
      }
    }),
    { numRuns: 12 },
  );
});

test('so do agents that are killed again and again', async () => {
  await fc.assert(
    fc.asyncProperty(anyWorker, anyWorker, fc.array(fc.nat(12), { maxLength: 5 }), async (before, after, lives) => {
      const history = await carrying(before);
      await live(history, after, lives);
      await assertSound(history, before, after);
    }),
    { numRuns: 30 },
  );
});

/** An agent that carries `before`, and whose next steps are counted. */
async function inPlace(history: History, before: WorkerInputs, lastStep: number) {
  const whole = history.open();
  const mortal = history.open(lastStep);
  let host: Host = whole;
  const plane = newPlane({ observe: (scope) => host.observe(scope), apply: (step) => host.apply(step) });
  await plane.carry(before);
  await plane.settled();
  host = mortal;
  history.states.splice(0, history.states.length - 1);
  return { host: mortal, carry: (after: WorkerInputs) => plane.carry(after) };
}
