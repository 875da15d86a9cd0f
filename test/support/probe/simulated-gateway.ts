import {
  defaultDetectorSettings,
  firstDetection,
  look,
  refused,
  replied,
  type Detection,
  type DetectorSettings,
  type Verdict,
} from '../../../src/tunnel-probe/detector.ts';
import type { ProbeAnswer } from '../../../src/tunnel-probe/wire-format.ts';

/** What the network and the two nodes do to a probe that is sent at `nowMs`. */
export interface SimulatedWorld {
  /** Milliseconds until the reply; undefined: there is none. */
  readonly replyAfterMs: (nowMs: number) => number | undefined;
  readonly answer?: (nowMs: number) => ProbeAnswer;
  /** The node is there, its agent is not. */
  readonly refuses?: (nowMs: number) => boolean;
  /** How late the prober wakes up. */
  readonly lateMs?: (dueMs: number) => number;
  readonly isLast?: (nowMs: number) => boolean;
  readonly tunnelPackets?: (nowMs: number) => number;
  readonly settings?: DetectorSettings;
}

export interface VerdictChange {
  readonly atMs: number;
  readonly verdict: Verdict;
}

type Pending = { readonly atMs: number; readonly nonce: bigint; readonly isRefusal: boolean };

/** Every change of the verdict until `untilMs`, in virtual time: a detector, and a world that answers it. */
export function simulate(world: SimulatedWorld, untilMs: number): readonly VerdictChange[] {
  const { settings = defaultDetectorSettings } = world;
  const changes: VerdictChange[] = [];
  const pending: Pending[] = [];
  let detection = firstDetection(0);
  let nonce = 0n;

  function advance(next: Detection, atMs: number): void {
    if (next.verdict !== detection.verdict) changes.push({ atMs, verdict: next.verdict });
    detection = next;
  }

  function receive({ nonce: answered, isRefusal, atMs }: Pending, nowMs: number): void {
    const around = { nowMs, isLast: world.isLast?.(nowMs) ?? false };
    if (isRefusal) return advance(refused(detection, around, settings), nowMs);
    advance(replied(detection, { nonce: answered, answer: world.answer?.(atMs) ?? 'ready' }, around, settings), nowMs);
  }

  function takeLook(nowMs: number): void {
    nonce += 1n;
    const around = {
      nowMs,
      nonce,
      isLast: world.isLast?.(nowMs) ?? false,
      tunnelPackets: world.tunnelPackets?.(nowMs) ?? 0,
    };
    const { detection: next, sends } = look(detection, around, settings);
    advance(next, nowMs);
    if (!sends) return;
    const afterMs = world.replyAfterMs(nowMs);
    if (world.refuses?.(nowMs) === true) pending.push({ atMs: nowMs + 1, nonce, isRefusal: true });
    else if (afterMs !== undefined) pending.push({ atMs: nowMs + afterMs, nonce, isRefusal: false });
    pending.sort((a, b) => a.atMs - b.atMs);
  }

  for (;;) {
    const wakesMs = detection.dueMs + (world.lateMs?.(detection.dueMs) ?? 0);
    const [first] = pending;
    // Whoever wakes up reads the socket first.
    if (first !== undefined && first.atMs <= wakesMs) {
      pending.shift();
      receive(first, first.atMs);
    } else if (wakesMs > untilMs) return changes;
    else takeLook(wakesMs);
  }
}

/** A reproducible source of numbers in [0, 1). Source: mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
