import { probeAnswers, type ProbeAnswer } from './wire-format.ts';

/**
 * What the gateway says of itself, shared between the thread that knows it and the one that answers probes. Two 32-bit integers: 0 for
 * nothing or 1 + the index of the answer, and a count of the moments at which the first thread was seen alive.
 */
export type AnswerCell = Int32Array<SharedArrayBuffer>;

const answerIndex = 0;
const beatIndex = 1;
const length = 2;

export function createAnswerCell(): AnswerCell {
  return new Int32Array(new SharedArrayBuffer(length * Int32Array.BYTES_PER_ELEMENT));
}

export function writeAnswer(cell: AnswerCell, answer: ProbeAnswer | undefined): void {
  Atomics.store(cell, answerIndex, answer === undefined ? 0 : 1 + probeAnswers.indexOf(answer));
}

export function readAnswer(cell: AnswerCell): ProbeAnswer | undefined {
  return probeAnswers[Atomics.load(cell, answerIndex) - 1];
}

export function beat(cell: AnswerCell): void {
  Atomics.add(cell, beatIndex, 1);
}

export function beatsOf(cell: AnswerCell): number {
  return Atomics.load(cell, beatIndex);
}

/**
 * Reads the cell for probes. Whoever wrote "ready" and has not been alive for `limitMs` can no longer take up anything new: what he
 * carries goes on, so the gateway drains.
 */
export function watchedAnswer(cell: AnswerCell, { limitMs, nowMs }: { readonly limitMs: number; readonly nowMs: () => number }) {
  let seen = { beats: beatsOf(cell), atMs: nowMs() };
  return (): ProbeAnswer | undefined => {
    const beats = beatsOf(cell);
    if (beats !== seen.beats) seen = { beats, atMs: nowMs() };
    const answer = readAnswer(cell);
    return answer === 'ready' && nowMs() - seen.atMs > limitMs ? 'draining' : answer;
  };
}
