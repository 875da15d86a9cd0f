import type { Writable } from 'node:stream';
import { z } from 'zod';
import { type OutputFormat, writeTable, writeValue } from '../output.ts';

const fault = z.looseObject({
  id: z.int(),
  kind: z.string(),
  hits: z.int(),
  left: z.union([z.int(), z.literal('all')]).optional(),
});

/** A fault of the region, as it answers. */
export type ListedFault = z.infer<typeof fault>;

const faultList = z.object({ value: z.array(fault) });

export function parseFault(answer: unknown): ListedFault {
  return fault.parse(answer);
}

export function parseFaultList(answer: unknown): readonly ListedFault[] {
  return faultList.parse(answer).value;
}

const head = ['ID', 'KIND', 'WHAT', 'HITS', 'LEFT'];

export function writeFaults(stdout: Writable, format: OutputFormat, faults: readonly ListedFault[]): void {
  if (format === 'table') writeTable(stdout, head, faults.map(toRow));
  else writeValue(stdout, format, faults);
}

/** Without a count a fault is a state, which is not used up. */
function toRow({ id, kind, hits, left, count: _count, ...members }: ListedFault): readonly string[] {
  const what = Object.entries(members).map(([name, value]) => `${name}=${String(value)}`);
  return [String(id), kind, what.join(' '), left === undefined ? '-' : String(hits), left === undefined ? '-' : String(left)];
}
