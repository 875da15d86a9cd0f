import type { Writable } from 'node:stream';
import { stringify } from 'yaml';
import { type OutputFormat, writeTable, writeValue } from '../output.ts';
import type { RequestRecord } from './request-record.ts';

const head = ['TIME', 'METHOD', 'STATUS', 'MS', 'CALLER', 'REQUEST ID', 'PATH'];

export function writeRecords(stdout: Writable, format: OutputFormat, records: readonly RequestRecord[]): void {
  if (format === 'table') writeTable(stdout, head, records.map(toCells));
  else writeValue(stdout, format, records);
}

/** One record of an endless list: a line of text, a line of JSON, a YAML document. */
export function writeRecordLine(stdout: Writable, format: OutputFormat, record: RequestRecord): void {
  if (format === 'json') stdout.write(`${JSON.stringify(record)}\n`);
  else stdout.write(format === 'yaml' ? `---\n${stringify(record)}` : `${toCells(record).join('  ')}\n`);
}

function toCells({ time, method, path, status, durationMs, caller, requestId, errorCode, faults }: RequestRecord) {
  const outcome = [String(status), errorCode, ...(faults ?? []).map((fault) => `(${fault})`)].filter(
    (part) => part !== undefined,
  );
  return [time, method, outcome.join(' '), durationMs.toFixed(1), callerName(caller), requestId, path];
}

/** Of an id its last part: identities of resources are called as those. */
function callerName(caller: RequestRecord['caller']): string {
  if (caller === undefined) return '-';
  return caller.name?.split('/').at(-1) ?? caller.objectId;
}
