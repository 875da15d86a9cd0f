/** How often the cloud is looked at although nothing has changed here. */
export interface RecheckTimes {
  /** A reading of a pool serves all its configurations for so long. */
  readonly maxAgeMs: number;
  /** When a configuration that has all it needs is looked at again. */
  readonly settledMs: number;
  /** When one is looked at again that only a person can mend. */
  readonly refusedMs: number;
  /** How long a deletion waits for gateways that still serve: an agent that is gone must not hold it for ever. */
  readonly releaseGraceMs: number;
}

/** The times with which a change behind our back is seen after `withinMs` at the latest. */
export function recheckTimes(withinMs: number): RecheckTimes {
  return { maxAgeMs: withinMs / 3, settledMs: (withinMs * 2) / 3, refusedMs: withinMs / 2, releaseGraceMs: withinMs / 2 };
}
