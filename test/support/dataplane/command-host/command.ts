import { spawnSync } from 'node:child_process';
import { z } from 'zod';
import { inNetns } from '../../../../src/linux/netns.ts';

export interface CommandOptions {
  readonly input?: string;
  /** A failure that says this is none. */
  readonly tolerate?: RegExp;
}

/** Runs a program inside the namespace kept at `netns` and returns what it prints. Throws with what it complains of. */
export function command(netns: string, args: readonly string[], { input = '', tolerate }: CommandOptions = {}): string {
  const [program = '', ...rest] = args;
  const { status, stdout, stderr, error } = inNetns(netns, () => spawnSync(program, rest, { input, encoding: 'utf8' }));
  if (error) throw error;
  if (status !== 0 && tolerate?.test(stderr) !== true) throw new Error(`${args.join(' ')}: ${stderr.trim()}`);
  return stdout;
}

/** What a listing of `ip -j` says, in rows of the given shape. */
export function listIp<T>(netns: string, args: string, row: z.ZodType<T>): T[] {
  const printed = command(netns, ['ip', '-j', '-d', ...args.split(' ')]);
  return z.array(row).parse(JSON.parse(printed.trim() || '[]'));
}
