import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { SegwError } from '../base/error.ts';
import { createLogger } from '../base/log.ts';
import { defaultTiming, mayHold, startLeaderElection, type LeaderElection } from './leader-election.ts';
import type { Lease, LeaseStore } from './lease.ts';

const log = createLogger('test', { level: 'silent' });
const key = { namespace: 'ns', name: 'operator' };

/** One lease in memory, with the API server's optimistic locking. `isDown`: nothing gets through. */
class MemoryLease implements LeaseStore {
  #lease: Lease | undefined;
  #version = 0;
  isDown = false;

  get holder(): string | undefined {
    return this.#lease?.spec?.holderIdentity;
  }

  get transitions(): number | undefined {
    return this.#lease?.spec?.leaseTransitions;
  }

  async find(): Promise<Lease | undefined> {
    await this.#reach();
    return this.#lease;
  }

  async create(lease: Lease): Promise<Lease> {
    await this.#reach();
    if (this.#lease) throw new SegwError('AlreadyExists', 'lease');
    return this.#store(lease);
  }

  async update(lease: Lease): Promise<Lease> {
    await this.#reach();
    if (lease.metadata.resourceVersion !== this.#lease?.metadata.resourceVersion) throw new SegwError('Conflict', 'lease');
    return this.#store(lease);
  }

  async #reach(): Promise<void> {
    await Promise.resolve();
    if (this.isDown) throw new SegwError('ApiServerUnreachable', 'down');
  }

  #store(lease: Lease): Lease {
    this.#lease = { ...lease, metadata: { ...lease.metadata, resourceVersion: String(++this.#version) } };
    return this.#lease;
  }
}

/** What a candidate sees: the lease, over a connection of its own that may fail. */
function through(lease: MemoryLease): LeaseStore & { isCut: boolean } {
  const guard = async <T>(call: () => Promise<T>): Promise<T> => {
    if (store.isCut) throw new SegwError('ApiServerUnreachable', 'cut off');
    return await call();
  };
  const store = {
    isCut: false,
    find: () => guard(() => lease.find()),
    create: (object: Lease) => guard(() => lease.create(object)),
    update: (object: Lease) => guard(() => lease.update(object)),
  };
  return store;
}

interface Candidate extends LeaderElection {
  readonly store: { isCut: boolean };
}

function start(identity: string, lease: MemoryLease, clock: FakeClock, history: string[] = []): Candidate {
  const store = through(lease);
  const election = startLeaderElection({
    store,
    key,
    identity,
    log,
    clock,
    lead: async (signal) => {
      history.push(`${identity} starts`);
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      history.push(`${identity} ends`);
    },
  });
  return { ...election, store };
}

test('of two candidates one leads, for as long as it renews', async () => {
  const [lease, clock] = [new MemoryLease(), new FakeClock()];
  const a = start('a', lease, clock);
  await clock.advance(1);
  const b = start('b', lease, clock);
  await clock.advance(120_000);
  assert.deepEqual([a.isLeading(), b.isLeading(), lease.holder], [true, false, 'a']);
  await Promise.all([stopWith(clock, a), stopWith(clock, b)]);
});

test('a leader that is cut off ends before the other one starts, and that within 15 s', async () => {
  const [lease, clock, history] = [new MemoryLease(), new FakeClock(), [] as string[]];
  const a = start('a', lease, clock, history);
  await clock.advance(1);
  const b = start('b', lease, clock, history);
  await clock.advance(20_000);
  a.store.isCut = true;
  await clock.advance(15_000);
  assert.deepEqual(history, ['a starts', 'a ends', 'b starts']);
  assert.deepEqual([lease.holder, lease.transitions], ['b', 1]);
  await Promise.all([stopWith(clock, a), stopWith(clock, b)]);
});

test('a leader that is stopped hands the lease back: the other one leads within 3 s', async () => {
  const [lease, clock, history] = [new MemoryLease(), new FakeClock(), [] as string[]];
  const a = start('a', lease, clock, history);
  await clock.advance(1);
  const b = start('b', lease, clock, history);
  await clock.advance(5000);
  await stopWith(clock, a);
  assert.equal(lease.holder, '');
  await clock.advance(3000);
  assert.deepEqual(history, ['a starts', 'a ends', 'b starts']);
  await stopWith(clock, b);
});

test('an API server that is down for 5 s costs nobody the leadership', async () => {
  const [lease, clock, history] = [new MemoryLease(), new FakeClock(), [] as string[]];
  const a = start('a', lease, clock, history);
  await clock.advance(10_000);
  lease.isDown = true;
  await clock.advance(5000);
  lease.isDown = false;
  await clock.advance(30_000);
  assert.deepEqual(history, ['a starts']);
  await stopWith(clock, a);
});

test('work that ends by itself gives the leadership back', async () => {
  const [lease, clock] = [new MemoryLease(), new FakeClock()];
  const a = startLeaderElection({
    store: lease,
    key,
    identity: 'a',
    log,
    clock,
    lead: () => Promise.reject(new Error('broken')),
  });
  await clock.advance(100);
  assert.equal(lease.holder, '');
  await stopWith(clock, a);
});

test('the lease of another may be taken when its time is over by our clock, whatever its times say', () => {
  const lease: Lease = {
    metadata: key,
    spec: { holderIdentity: 'a', leaseDurationSeconds: 10, renewTime: '1999-01-01T00:00:00.000000Z' },
  };
  const observed = { lease, sinceMs: 1000 };
  assert.deepEqual(
    [mayHold(observed, 'b', 10_999), mayHold(observed, 'b', 11_000), mayHold(observed, 'a', 1000)],
    [false, true, true],
  );
});

test('the default times keep a take-over under 15 s', () => {
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = defaultTiming;
  assert.ok(renewDeadlineMs + 2000 < leaseDurationMs, 'the old leader has 2 s to end before');
  assert.ok(leaseDurationMs + retryPeriodMs * 1.2 < 15_000);
});

async function stopWith(clock: FakeClock, election: LeaderElection): Promise<void> {
  const stopped = election.stop();
  await clock.advance(1);
  await stopped;
}
