import type { ProbeAnswer } from './wire-format.ts';

/** `unknown`: nothing has been heard, and too few probes have been sent to call it dead. */
export type Verdict = ProbeAnswer | 'dead' | 'unknown';

/** Milliseconds, unless said otherwise. Source: dataplane reference, section 8. */
export interface DetectorSettings {
  /** From one answered probe to the next. */
  readonly interval: number;
  /** A probe without a reply after so long starts the burst. */
  readonly firstMiss: number;
  /** Number of probes in a burst, and from one to the next. */
  readonly burstProbes: number;
  readonly burstInterval: number;
  /** From the last probe of the burst to the verdict. */
  readonly lastMiss: number;
  /** Whoever looks so late has not looked at all: the burst starts anew, at most `maxRestarts` times. */
  readonly late: number;
  readonly maxRestarts: number;
  /** As often may packets out of the tunnel put the verdict off. */
  readonly maxAsks: number;
  /** Silence before a verdict that leaves no gateway. */
  readonly lastGatewaySilence: number;
  /** What comes back from the dead answers so long without a miss before it is used again, unless there is no other. */
  readonly returnHold: number;
  /** A node that refuses probes lives, and so does its kernel's part of the gateway; for so long its agent may be away. */
  readonly refusedLimit: number;
  /** From one refused probe to the next: a kernel sends one refusal a second, after the first six. */
  readonly refusedInterval: number;
}

export const defaultDetectorSettings: DetectorSettings = {
  interval: 100,
  firstMiss: 30,
  burstProbes: 5,
  burstInterval: 30,
  lastMiss: 40,
  late: 15,
  maxRestarts: 3,
  maxAsks: 10,
  lastGatewaySilence: 500,
  returnHold: 1000,
  refusedLimit: 10_000,
  refusedInterval: 1100,
};

/** What is known of one gateway. Times are of one monotonic clock, in milliseconds. */
export interface Detection {
  readonly verdict: Verdict;
  /** When `look` is to be called. */
  readonly dueMs: number;
  /** Probes since the last reply, oldest first. */
  readonly awaited: readonly SentProbe[];
  /** Probes of the burst so far; undefined: no burst. */
  readonly burst?: Burst | undefined;
  /** It has answered before: what comes back is trusted less than what comes for the first time. */
  readonly hasAnswered?: boolean;
  /** When the replies began that may bring a dead gateway back. */
  readonly returningSinceMs?: number | undefined;
  readonly refusedSinceMs?: number | undefined;
}

interface SentProbe {
  readonly nonce: bigint;
  readonly sentMs: number;
}

interface Burst {
  readonly sent: number;
  readonly restarts: number;
  readonly asks: number;
  /** Packets received out of the tunnel when it began. */
  readonly tunnelPackets: number;
}

/** What the detector cannot know by itself. */
export interface Surroundings {
  readonly nowMs: number;
  /** For the probe that goes out now, if one does. */
  readonly nonce: bigint;
  /** No other gateway of this one's pool is alive. */
  readonly isLast: boolean;
  /** Packets received out of the gateway's tunnel so far. */
  readonly tunnelPackets: number;
}

export interface Look {
  readonly detection: Detection;
  /** A probe with the nonce that was given goes out. */
  readonly sends: boolean;
}

/** So many unanswered probes are remembered: a later reply to an older one says nothing. */
const rememberedProbes = 32;

export function firstDetection(nowMs: number): Detection {
  return { verdict: 'unknown', dueMs: nowMs, awaited: [] };
}

/** The time has come that `dueMs` says, or has passed. */
export function look(detection: Detection, around: Surroundings, settings: DetectorSettings = defaultDetectorSettings): Look {
  const { awaited, burst, verdict, dueMs } = detection;
  const { nowMs } = around;
  if (verdict === 'dead') return send(missed(detection), around, settings.interval);
  if (awaited.length === 0) return send(detection, around, settings.firstMiss);
  const isLate = nowMs - dueMs > settings.late;
  if (burst === undefined) return sendBurst(detection, around, { restarts: isLate ? 1 : 0, asks: 0 }, settings);
  if (isLate && burst.restarts < settings.maxRestarts)
    return sendBurst(detection, around, { ...burst, restarts: burst.restarts + 1 }, settings);
  if (burst.sent < settings.burstProbes) return sendInBurst(detection, around, { ...burst, sent: burst.sent + 1 }, settings);
  return judge(detection, around, burst, settings);
}

function judge(detection: Detection, around: Surroundings, burst: Burst, settings: DetectorSettings): Look {
  if (around.tunnelPackets > burst.tunnelPackets && burst.asks < settings.maxAsks)
    return sendBurst(detection, around, { ...burst, asks: burst.asks + 1 }, settings);
  const silentMs = around.nowMs - (detection.awaited[0]?.sentMs ?? around.nowMs);
  if (around.isLast && silentMs < settings.lastGatewaySilence) return send(detection, around, settings.burstInterval);
  return send(
    { ...detection, verdict: 'dead', burst: undefined, refusedSinceMs: undefined, awaited: [] },
    around,
    settings.interval,
  );
}

/** A reply that is signed. One to a probe that is not awaited says nothing. */
export function replied(
  detection: Detection,
  { nonce, answer }: { readonly nonce: bigint; readonly answer: ProbeAnswer },
  { nowMs, isLast }: Pick<Surroundings, 'nowMs' | 'isLast'>,
  settings: DetectorSettings = defaultDetectorSettings,
): Detection {
  const { awaited, verdict, hasAnswered = false, returningSinceMs = nowMs } = detection;
  if (!awaited.some((probe) => probe.nonce === nonce)) return detection;
  const lastSentMs = awaited.at(-1)?.sentMs ?? nowMs;
  const answered = { hasAnswered: true, awaited: [], dueMs: Math.max(nowMs, lastSentMs + settings.interval) };
  if (verdict === 'dead' && hasAnswered && !isLast && nowMs - returningSinceMs < settings.returnHold)
    return { verdict, ...answered, returningSinceMs };
  return { verdict: answer, ...answered };
}

/** The node answered that nobody listens there: it lives, its agent does not. */
export function refused(
  detection: Detection,
  { nowMs }: Pick<Surroundings, 'nowMs'>,
  settings: DetectorSettings = defaultDetectorSettings,
): Detection {
  const { verdict, hasAnswered = false, refusedSinceMs = nowMs } = detection;
  if (verdict === 'dead') return missed(detection);
  const isOver = nowMs - refusedSinceMs >= settings.refusedLimit;
  return {
    verdict: isOver ? 'dead' : verdict,
    hasAnswered,
    awaited: [],
    dueMs: nowMs + (isOver ? settings.interval : settings.refusedInterval),
    refusedSinceMs: isOver ? undefined : refusedSinceMs,
  };
}

/** One that is coming back starts anew when it misses a probe. */
function missed(detection: Detection): Detection {
  return detection.awaited.length === 0 ? detection : { ...detection, returningSinceMs: undefined };
}

function sendBurst(
  detection: Detection,
  around: Surroundings,
  counts: Pick<Burst, 'restarts' | 'asks'>,
  settings: DetectorSettings,
): Look {
  const { restarts, asks } = counts;
  return sendInBurst(detection, around, { sent: 1, restarts, asks, tunnelPackets: around.tunnelPackets }, settings);
}

function sendInBurst(detection: Detection, around: Surroundings, burst: Burst, settings: DetectorSettings): Look {
  const isLastProbe = burst.sent === settings.burstProbes;
  return send({ ...detection, burst }, around, isLastProbe ? settings.lastMiss : settings.burstInterval);
}

function send(detection: Detection, { nowMs, nonce }: Surroundings, untilLookMs: number): Look {
  const awaited = [...detection.awaited, { nonce, sentMs: nowMs }].slice(-rememberedProbes);
  return { sends: true, detection: { ...detection, awaited, dueMs: nowMs + untilLookMs } };
}
