import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../test/support/probe/simulated-gateway.ts';
import { ask, defaultSilenceSettings, firstHearing, heard, type TunnelHearing } from './tunnel-silence.ts';

const hourMs = 3_600_000;

interface TunnelWorld {
  /** Whether a probe that is sent now comes back. */
  readonly delivers: (nowMs: number) => boolean;
  /** How late the prober wakes up. */
  readonly lateMs?: (dueMs: number) => number;
}

interface Change {
  readonly atMs: number;
  readonly isSilent: boolean;
}

/** Every change of what is thought of the tunnel until `untilMs`, in virtual time. Replies take a millisecond. */
function listen({ delivers, lateMs = () => 0 }: TunnelWorld, untilMs: number): readonly Change[] {
  const changes: Change[] = [];
  let hearing = firstHearing(0);
  const advance = (next: TunnelHearing, atMs: number): void => {
    if (next.isSilent !== hearing.isSilent) changes.push({ atMs, isSilent: next.isSilent });
    hearing = next;
  };
  for (;;) {
    const nowMs = hearing.dueMs + lateMs(hearing.dueMs);
    if (nowMs > untilMs) return changes;
    advance(ask(hearing, nowMs), nowMs);
    if (delivers(nowMs)) advance(heard(hearing), nowMs + 1);
  }
}

test('a tunnel that goes silent is called so after 10 to 11 s, whenever it happens', () => {
  for (let phase = 0; phase < 1000; phase += 7) {
    const [silent, ...more] = listen({ delivers: (nowMs) => nowMs < 60_000 + phase }, 120_000);
    const afterMs = (silent?.atMs ?? Infinity) - 60_000 - phase;
    assert.ok(afterMs >= 10_000 && afterMs <= 11_000, String(afterMs));
    assert.deepEqual(more, []);
  }
});

test('so is one that has never delivered anything', () => {
  assert.deepEqual(listen({ delivers: () => false }, hourMs), [{ atMs: 10_000, isSilent: true }]);
});

test('nine seconds without a reply change nothing', () => {
  assert.deepEqual(listen({ delivers: (nowMs) => nowMs % 60_000 < 51_000 }, hourMs), []);
});

test('three replies in a row bring it back, and fewer do not', () => {
  const back = listen({ delivers: (nowMs) => nowMs < 5000 || nowMs > 30_000 }, 60_000);
  assert.deepEqual(
    back.map(({ isSilent }) => isSilent),
    [true, false],
  );
  const [, returned] = back;
  assert.ok(returned && returned.atMs > 30_000 && returned.atMs < 33_000, JSON.stringify(back));
  let sent = 0;
  const flapping = listen({ delivers: (nowMs) => nowMs < 5000 || (nowMs > 30_000 && (sent += 1) % 3 !== 0) }, hourMs);
  assert.equal(flapping.length, 1);
});

for (const loss of [0.1, 0.33, 0.41, 0.5])
  test(`a one-way flood that loses ${String(loss * 100)} % of the probes for a day is not silence`, () => {
    for (let seed = 1; seed <= 5; seed += 1) {
      const random = seededRandom(seed);
      assert.deepEqual(listen({ delivers: () => random() >= loss }, 24 * hourMs), [], `seed ${String(seed)}`);
    }
  });

test('nor is one whose queue drops everything for seconds at a time', () => {
  const random = seededRandom(1);
  let fullUntilMs = 0;
  const delivers = (nowMs: number): boolean => {
    if (nowMs > fullUntilMs + 2000 && random() < 0.2) fullUntilMs = nowMs + 4000 * random();
    return nowMs > fullUntilMs && random() > 0.3;
  };
  assert.deepEqual(listen({ delivers }, 24 * hourMs), []);
});

test('a prober that was not there heard nothing, and says nothing', () => {
  const random = seededRandom(1);
  const world: TunnelWorld = {
    delivers: () => random() > 0.2,
    lateMs: () => (random() < 0.1 ? 30_000 * random() : 0),
  };
  assert.deepEqual(listen(world, 24 * hourMs), []);
  const [silent] = listen({ delivers: () => false, lateMs: () => 60_000 }, hourMs);
  assert.ok(silent && silent.atMs >= 10 * 60_000, 'each probe has to have had its time');
});

test('a second reply to one probe counts once', () => {
  const asked = ask({ ...firstHearing(0), isSilent: true }, 0);
  const once = heard(asked);
  assert.equal(heard(once), once);
  assert.equal(defaultSilenceSettings.returns, 3);
});
