import { z } from 'zod';
import type { RegionDatabase } from '../arm/database.ts';
import { json } from '../arm/json.ts';
import { type Fault, type FaultSpec, faultSpecSchema } from './fault.ts';

/** The faults of a region. In its database, so that a fault outlives the kill -9 that is being tried together with it. */
export interface FaultStore {
  /** Oldest first. */
  list(): readonly Fault[];
  add(spec: FaultSpec): Fault;
  /** Each of these has struck once more; one whose count is reached goes. */
  strike(faults: readonly Fault[]): void;
  /** Absent is fine. */
  remove(id: number): void;
}

const faultRow = z.object({
  id: z.number(),
  spec: json(faultSpecSchema),
  remaining: z.number().nullable(),
  hits: z.number(),
});

export function createFaultStore(database: RegionDatabase): FaultStore {
  const select = database.query('SELECT id, spec, remaining, hits FROM faults ORDER BY id', faultRow);
  const insert = database.query(
    'INSERT INTO faults (spec, remaining, hits) VALUES (?, ?, 0) RETURNING id',
    z.object({ id: z.number() }),
  );
  const update = database.command('UPDATE faults SET remaining = ?, hits = ? WHERE id = ?');
  const remove = database.command('DELETE FROM faults WHERE id = ?');
  // Every request asks: a list in memory, written through.
  const faults = new Map(select.all().map(({ remaining, ...row }) => [row.id, { ...row, left: remaining ?? undefined }]));

  function removeFault(id: number): void {
    remove(id);
    faults.delete(id);
  }

  return {
    list: () => [...faults.values()],
    add(spec) {
      const left = 'count' in spec && spec.count !== 'all' ? spec.count : undefined;
      const { id } = z.object({ id: z.number() }).parse(insert.get(JSON.stringify(spec), left ?? null));
      const fault: Fault = { id, spec, left, hits: 0 };
      faults.set(id, fault);
      return fault;
    },
    strike(struck) {
      for (const fault of struck) {
        const left = fault.left === undefined ? undefined : fault.left - 1;
        if (left === 0) {
          removeFault(fault.id);
          continue;
        }
        const after: Fault = { ...fault, left, hits: fault.hits + 1 };
        update(left ?? null, after.hits, fault.id);
        faults.set(fault.id, after);
      }
    },
    remove: removeFault,
  };
}
