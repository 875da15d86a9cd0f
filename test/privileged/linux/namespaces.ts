import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { createNetns, deleteNetns, inNetns, listNetns } from '../../../src/linux/netns.ts';

const rows = z.array(z.record(z.string(), z.unknown()));

/** A folder with namespaces of one test file. `remove` takes everything away, also what a failed test left. */
export class Namespaces {
  readonly directory = mkdtempSync(join(tmpdir(), `t${String(process.pid)}-`));

  create(name: string): string {
    const path = join(this.directory, name);
    createNetns(path);
    return path;
  }

  remove(): void {
    for (const name of listNetns(this.directory)) deleteNetns(join(this.directory, name));
    rmSync(this.directory, { recursive: true });
  }
}

/** Runs a program inside the namespace and returns what it prints. */
export function runIn(netns: string, command: string, ...args: readonly string[]): string {
  return inNetns(netns, () => execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }));
}

/** What `ip -j` prints there, with the chosen columns only. */
export function ip(netns: string, args: string, ...columns: readonly string[]): unknown[] {
  const printed = rows.parse(JSON.parse(runIn(netns, 'ip', '-j', '-d', ...args.split(' ')) || '[]'));
  return printed.map((row) =>
    Object.fromEntries(columns.filter((column) => column in row).map((column) => [column, row[column]])),
  );
}
