import type { ProbeAnswer } from './wire-format.ts';

/** `unknown`: nothing has been heard, and too few probes have been sent to call it dead. */
export type Verdict = ProbeAnswer | 'dead' | 'unknown';

export interface Detection {
  readonly verdict: Verdict;
  /** Probes in a row without a reply, the one under way not counted. */
  readonly missed: number;
  /** Of the probe that is under way. */
  readonly awaited?: bigint;
}

export interface DetectorSettings {
  readonly intervalMs: number;
  /** So many lost probes in a row mean death. */
  readonly lostProbes: number;
}

export const defaultDetectorSettings: DetectorSettings = { intervalMs: 200, lostProbes: 3 };

export const firstDetection: Detection = { verdict: 'unknown', missed: 0 };

/** An interval has passed: what was awaited is lost, and a new probe with `nonce` goes out. */
export function probeSent(
  { verdict, missed, awaited }: Detection,
  nonce: bigint,
  { lostProbes }: DetectorSettings = defaultDetectorSettings,
): Detection {
  const lost = awaited === undefined ? 0 : missed + 1;
  return { verdict: lost >= lostProbes ? 'dead' : verdict, missed: lost, awaited: nonce };
}

/** A reply has come. The first one brings a dead gateway back; one to a probe that is lost already says nothing. */
export function replyReceived(detection: Detection, nonce: bigint, answer: ProbeAnswer): Detection {
  return detection.awaited === nonce ? { verdict: answer, missed: 0 } : detection;
}
