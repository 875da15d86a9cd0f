import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom, simulate, type SimulatedWorld, type VerdictChange } from '../../test/support/probe/simulated-gateway.ts';
import { firstDetection, look, replied } from './detector.ts';

const minuteMs = 60_000;
const around = { nonce: 1n, isLast: false, tunnelPackets: 0 };

/** Answers in a millisecond until `cutMs`, and again from `backMs` on. */
function cutBetween(cutMs: number, backMs = Infinity): SimulatedWorld {
  return { replyAfterMs: (nowMs) => (nowMs >= cutMs && nowMs < backMs ? undefined : 1) };
}

/** When the gateway was called dead, counted from `sinceMs`. */
function deathAfter(changes: readonly VerdictChange[], sinceMs: number): number {
  const death = changes.find(({ atMs, verdict }) => verdict === 'dead' && atMs >= sinceMs);
  assert.ok(death, `no death in ${JSON.stringify(changes)}`);
  return death.atMs - sinceMs;
}

describe('a gateway that is cut off', () => {
  it('is dead 0.19 to 0.29 s later, whenever the cut comes', () => {
    const verdicts = Array.from({ length: 101 }, (_, phase) =>
      deathAfter(simulate(cutBetween(2000 + phase), 4000), 2000 + phase),
    );
    assert.ok(Math.min(...verdicts) >= 190, String(Math.min(...verdicts)));
    assert.ok(Math.max(...verdicts) <= 290, String(Math.max(...verdicts)));
  });

  it('is given 0.5 s of silence when it is the last one', () => {
    const afterMs = deathAfter(simulate({ ...cutBetween(2000), isLast: () => true }, 4000), 2000);
    assert.ok(afterMs >= 500 && afterMs <= 640, String(afterMs));
  });

  it('is used again after a second of answers, and at once when there is no other', () => {
    const [, , back] = simulate(cutBetween(2000, 4000), 8000);
    assert.equal(back?.verdict, 'ready');
    assert.ok(back.atMs >= 5000 && back.atMs <= 5200, String(back.atMs));
    const [, , last] = simulate({ ...cutBetween(2000, 4000), isLast: () => true }, 8000);
    assert.ok(last && last.atMs >= 4000 && last.atMs <= 4101, JSON.stringify(last));
  });

  it('that comes back with gaps waits for a second without any', () => {
    const flapping: SimulatedWorld = {
      replyAfterMs: (nowMs) => (nowMs < 2000 || nowMs > 6000 || (nowMs > 3000 && nowMs % 500 < 200) ? 1 : undefined),
    };
    const [, , back] = simulate(flapping, 9000);
    assert.ok(back && back.atMs >= 7000, JSON.stringify(back));
  });

  it('is found in the same time in a network that loses and delays, give or take what is under way', () => {
    for (let seed = 1; seed <= 100; seed += 1) {
      const random = seededRandom(seed);
      const cutMs = 2000 + 100 * random();
      const replyAfterMs = (nowMs: number) => (nowMs >= cutMs || random() < 0.1 ? undefined : 1 + 20 * random());
      const afterMs = deathAfter(simulate({ replyAfterMs }, 4000), cutMs);
      assert.ok(afterMs >= 60 && afterMs <= 311, `seed ${String(seed)}: ${String(afterMs)}`);
    }
  });

  it('is found by a prober that is always late as well, only later', () => {
    for (const lateMs of [5, 16, 30, 100, 300]) {
      const afterMs = deathAfter(simulate({ ...cutBetween(2000), lateMs: () => lateMs }, 20_000), 2000);
      assert.ok(afterMs <= 290 + 15 * (lateMs + 30), `${String(lateMs)} ms late: ${String(afterMs)}`);
    }
  });

  it('that never answered is dead in the same time', () => {
    assert.deepEqual(simulate(cutBetween(0), 1000), [{ atMs: 190, verdict: 'dead' }]);
  });

  it('that answers for the first time is used at once', () => {
    const [, first] = simulate(cutBetween(0, 2000), 4000);
    assert.ok(first && first.verdict === 'ready' && first.atMs <= 2101, JSON.stringify(first));
  });
});

describe('a gateway that lives', () => {
  for (const loss of [0, 0.01, 0.05, 0.1])
    it(`is never called dead with ${String(loss * 100)} % of probes lost and up to 20 ms of jitter`, () => {
      for (let seed = 1; seed <= 20; seed += 1) {
        const random = seededRandom(seed);
        const world: SimulatedWorld = { replyAfterMs: () => (random() < loss ? undefined : 1 + 20 * random()) };
        assert.deepEqual(
          simulate(world, 10 * minuteMs).map(({ verdict }) => verdict),
          ['ready'],
          `seed ${String(seed)}`,
        );
      }
    });

  it('is not called dead by a prober that gets no processor for half a second now and then', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const random = seededRandom(seed);
      const world: SimulatedWorld = {
        replyAfterMs: () => (random() < 0.02 ? undefined : 1 + 5 * random()),
        lateMs: () => (random() < 0.1 ? 500 * random() : 0),
      };
      const verdicts = simulate(world, 10 * minuteMs).map(({ verdict }) => verdict);
      assert.deepEqual(verdicts, ['ready'], `seed ${String(seed)}`);
    }
  });

  it('is not called dead while its responder is starved for a tenth of a second now and then', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const random = seededRandom(seed);
      let starvedUntilMs = 0;
      const replyAfterMs = (nowMs: number): number | undefined => {
        if (nowMs > starvedUntilMs + 200 && random() < 0.05) starvedUntilMs = nowMs + 120 * random();
        return random() < 0.01 ? undefined : 1 + Math.max(0, starvedUntilMs - nowMs);
      };
      const verdicts = simulate({ replyAfterMs }, 10 * minuteMs).map(({ verdict }) => verdict);
      assert.deepEqual(verdicts, ['ready'], `seed ${String(seed)}`);
    }
  });

  it('whose tunnel delivers packets is asked again instead of being called dead, but not for ever', () => {
    const world = (untilMs: number): SimulatedWorld => ({
      ...cutBetween(2000),
      tunnelPackets: (nowMs) => Math.min(nowMs, untilMs),
    });
    assert.ok(deathAfter(simulate(world(2600), 9000), 2600) <= 400);
    const endless = deathAfter(simulate(world(Infinity), 9000), 2000);
    assert.ok(endless > 1500 && endless < 2500, String(endless));
  });

  it('says what it is, and is believed at once', () => {
    const world: SimulatedWorld = {
      replyAfterMs: () => 1,
      answer: (nowMs) => (nowMs < 1000 ? 'ready' : nowMs < 2000 ? 'draining' : 'not-ready'),
    };
    const changes = simulate(world, 3000);
    assert.deepEqual(
      changes.map(({ verdict }) => verdict),
      ['ready', 'draining', 'not-ready'],
    );
    for (const [index, changeMs] of [0, 1000, 2000].entries())
      assert.ok((changes[index]?.atMs ?? 0) - changeMs <= 101, JSON.stringify(changes));
  });
});

describe('a node that refuses probes', () => {
  it('has lost its agent, not its tunnels: nothing changes for ten seconds', () => {
    const restart: SimulatedWorld = { replyAfterMs: () => 1, refuses: (nowMs) => nowMs >= 2000 && nowMs < 9000 };
    assert.deepEqual(simulate(restart, 20_000), [{ atMs: 1, verdict: 'ready' }]);
    const gone: SimulatedWorld = { replyAfterMs: () => 1, refuses: (nowMs) => nowMs >= 2000 };
    const afterMs = deathAfter(simulate(gone, 20_000), 2000);
    assert.ok(afterMs >= 10_000 && afterMs < 11_300, String(afterMs));
  });

  it('is dead as soon as it says nothing at all any more', () => {
    const world: SimulatedWorld = {
      replyAfterMs: (nowMs) => (nowMs < 2000 ? 1 : undefined),
      refuses: (nowMs) => nowMs >= 2000 && nowMs < 5000,
    };
    assert.ok(deathAfter(simulate(world, 20_000), 5000) <= 1100 + 190);
  });
});

describe('a reply', () => {
  it('to a probe that is not awaited says nothing', () => {
    const { detection } = look(firstDetection(0), { ...around, nowMs: 0 });
    assert.equal(replied(detection, { nonce: 2n, answer: 'ready' }, { nowMs: 1, isLast: false }), detection);
    const answered = replied(detection, { nonce: 1n, answer: 'ready' }, { nowMs: 1, isLast: false });
    assert.equal(replied(answered, { nonce: 1n, answer: 'not-ready' }, { nowMs: 2, isLast: false }), answered);
  });
});
