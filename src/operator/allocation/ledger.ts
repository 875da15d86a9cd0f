/** Who has a slot, or had it until `releasedAt` (RFC 3339). */
export interface Allocation {
  readonly holder: string;
  readonly releasedAt?: string;
}

/** Which slots are taken or rest; every other one is free. */
export type Ledger = ReadonlyMap<number, Allocation>;

export interface AllocationRules {
  readonly first: number;
  readonly last: number;
  /** How long a slot that was given back is nobody's: packets and tables of its last holder may still be under way. */
  readonly restMs: number;
}

/** The slot of `holder`, in use or at rest. */
export function slotOf(ledger: Ledger, holder: string): number | undefined {
  return [...ledger].find(([, allocation]) => allocation.holder === holder)?.[0];
}

/**
 * The ledger with a slot for `holder`: the one that it has or had, else the lowest that is free or has rested. `undefined`: there is
 * none.
 */
export function allocate(
  ledger: Ledger,
  holder: string,
  { first, last, restMs }: AllocationRules,
  now: Date,
): Ledger | undefined {
  const own = slotOf(ledger, holder);
  if (own !== undefined) return withSlot(ledger, own, { holder });
  for (let slot = first; slot <= last; slot += 1) {
    const allocation = ledger.get(slot);
    if (allocation === undefined || hasRested(allocation, restMs, now)) return withSlot(ledger, slot, { holder });
  }
  return undefined;
}

/** The ledger with a slot for each of `holders` that finds one, in their order. */
export function allocateAll(ledger: Ledger, holders: Iterable<string>, rules: AllocationRules, now: Date): Ledger {
  let current = ledger;
  for (const holder of holders) current = allocate(current, holder, rules, now) ?? current;
  return current;
}

/** The ledger in which every holder that is not `live` begins to rest. */
export function releaseAllBut(ledger: Ledger, live: ReadonlySet<string>, now: Date): Ledger {
  return new Map(
    [...ledger].map(([slot, allocation]) => {
      const isOver = allocation.releasedAt === undefined && !live.has(allocation.holder);
      return [slot, isOver ? { ...allocation, releasedAt: now.toISOString() } : allocation];
    }),
  );
}

/** The ledger with what objects show to be taken, should it have been lost. What it says itself counts more. */
export function withKnown(ledger: Ledger, known: ReadonlyMap<number, string>): Ledger {
  const missing = [...known].filter(([slot, holder]) => !ledger.has(slot) && slotOf(ledger, holder) === undefined);
  return new Map([...ledger, ...missing.map(([slot, holder]) => [slot, { holder }] as const)]);
}

/** Reads the data of a ConfigMap. A line that is damaged counts as absent: `withKnown` fills the gap. */
export function parseLedger(data: Readonly<Record<string, string>> = {}): Ledger {
  return new Map(
    Object.entries(data).flatMap(([key, text]) => {
      const [holder = '', releasedAt] = text.split(' ');
      const slot = Number(key);
      if (!Number.isInteger(slot) || holder === '') return [];
      return [[slot, { holder, ...(releasedAt !== undefined && { releasedAt }) }] as const];
    }),
  );
}

/** As `{"1": "node-a", "2": "node-b 2026-01-01T00:00:00.000Z"}`. */
export function formatLedger(ledger: Ledger): Readonly<Record<string, string>> {
  const entries = [...ledger].sort(([a], [b]) => a - b);
  return Object.fromEntries(
    entries.map(([slot, { holder, releasedAt }]) => [
      String(slot),
      releasedAt === undefined ? holder : `${holder} ${releasedAt}`,
    ]),
  );
}

function withSlot(ledger: Ledger, slot: number, allocation: Allocation): Ledger {
  return new Map([...ledger, [slot, allocation]]);
}

/** A time that cannot be read has just been: the slot rests. */
function hasRested({ releasedAt }: Allocation, restMs: number, now: Date): boolean {
  return releasedAt !== undefined && now.getTime() - Date.parse(releasedAt) >= restMs;
}
