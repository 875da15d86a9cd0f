import type { Writable } from 'node:stream';
import Table from 'cli-table3';
import { Option } from 'commander';
import { stringify } from 'yaml';

export type OutputFormat = 'table' | 'json' | 'yaml';

/** `-o, --output table|json|yaml`: tables for people, the others for programs. */
export function outputOption(): Option {
  return new Option('-o, --output <format>', 'how the result is printed').choices(['table', 'json', 'yaml']).default('table');
}

export function writeValue(stdout: Writable, format: 'json' | 'yaml', value: unknown): void {
  stdout.write(format === 'json' ? `${JSON.stringify(value, undefined, 2)}\n` : stringify(value));
}

const noBorders = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Columns as kubectl prints them: a head in capitals, two spaces between, no lines. */
export function writeTable(stdout: Writable, head: readonly string[], rows: readonly (readonly string[])[]): void {
  const table = new Table({
    head: [...head],
    chars: noBorders,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...rows.map((row) => [...row]));
  stdout.write(`${table.toString().replaceAll(/ +$/gm, '')}\n`);
}
