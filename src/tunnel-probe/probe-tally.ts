/** What became of probes. `refused`: the node answered that nobody listens. `lost`: nothing came back within `lostAfterMs`. */
export const probeOutcomes = ['answered', 'refused', 'lost'] as const;
export type ProbeOutcome = (typeof probeOutcomes)[number];

/** Probes whose end is known, since the last report. */
export interface ProbeTally {
  readonly outcomes: Readonly<Record<ProbeOutcome, number>>;
  /** Of the answered ones. */
  readonly roundTripsMs: readonly number[];
}

const lostAfterMs = 1000;

/** Counts the probes to one gateway by one way. Times are of one monotonic clock. */
export class ProbeCount {
  readonly #open = new Map<bigint, number>();
  #outcomes = none();
  #roundTripsMs: number[] = [];

  sent(nonce: bigint, nowMs: number): void {
    this.#open.set(nonce, nowMs);
  }

  /** False for a reply to nothing that is open. */
  answered(nonce: bigint, nowMs: number): boolean {
    const sentMs = this.#open.get(nonce);
    if (sentMs === undefined) return false;
    this.#open.delete(nonce);
    this.#outcomes.answered += 1;
    this.#roundTripsMs.push(nowMs - sentMs);
    return true;
  }

  /** A refusal does not say which probe it is for: it is for all that are open. */
  refused(): void {
    this.#outcomes.refused += this.#open.size;
    this.#open.clear();
  }

  /** What has ended since the last time. */
  take(nowMs: number): ProbeTally {
    for (const [nonce, sentMs] of this.#open)
      if (nowMs - sentMs >= lostAfterMs) {
        this.#open.delete(nonce);
        this.#outcomes.lost += 1;
      }
    const tally = { outcomes: this.#outcomes, roundTripsMs: this.#roundTripsMs };
    this.#outcomes = none();
    this.#roundTripsMs = [];
    return tally;
  }
}

function none(): Record<ProbeOutcome, number> {
  return { answered: 0, refused: 0, lost: 0 };
}
