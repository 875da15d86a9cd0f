import { rm } from 'node:fs/promises';
import { z } from 'zod';
import { hasErrno } from '../base/error.ts';
import { readIfExists, writeFileAtomic } from '../base/files.ts';
import { pollUntil } from '../base/poll.ts';

/** A process by number and start time, since numbers are used again. */
export interface ProcessRecord {
  readonly pid: number;
  /** In clock ticks since the machine's start (proc_pid_stat(5), field 22). */
  readonly startTime: string;
}

const schema = z.object({ pid: z.int().positive(), startTime: z.string() });

const gracePeriodMs = 5000;
const killedWithinMs = 5000;

/** Records a process that runs; one that has ended already is not recorded. */
export async function recordProcess(path: string, pid: number): Promise<void> {
  const startTime = await startTimeOf(pid);
  if (startTime === undefined) return;
  const record: ProcessRecord = { pid, startTime };
  await writeFileAtomic(path, `${JSON.stringify(record)}\n`);
}

/** The recorded process while it runs. A file that nobody can read is no record. */
export async function runningProcess(path: string): Promise<ProcessRecord | undefined> {
  const record = parseRecord((await readIfExists(path)) ?? '');
  return record && (await isRunning(record)) ? record : undefined;
}

/** Ends the recorded process, if it runs: asks, and after 5 s kills. Then removes the record. */
export async function endProcess(path: string): Promise<void> {
  const record = await runningProcess(path);
  if (record) {
    signalProcess(record, 'SIGTERM');
    try {
      await ended(record, gracePeriodMs);
    } catch {
      signalProcess(record, 'SIGKILL');
      await ended(record, killedWithinMs);
    }
  }
  await rm(path, { force: true });
}

export function parseRecord(text: string): ProcessRecord | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** From the text of /proc/PID/stat: the name in parentheses may hold anything. `undefined` for a process that only waits to be reaped. */
export function parseStartTime(stat: string): string | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

async function isRunning({ pid, startTime }: ProcessRecord): Promise<boolean> {
  return (await startTimeOf(pid)) === startTime;
}

async function startTimeOf(pid: number): Promise<string | undefined> {
  try {
    const stat = await readIfExists(`/proc/${String(pid)}/stat`);
    return stat === undefined ? undefined : parseStartTime(stat);
  } catch (error) {
    if (hasErrno(error, 'ESRCH')) return undefined;
    throw error;
  }
}

async function ended(record: ProcessRecord, timeoutMs: number): Promise<void> {
  await pollUntil(`the end of process ${String(record.pid)}`, async () => !(await isRunning(record)) || undefined, {
    timeoutMs,
    intervalMs: 20,
  });
}

function signalProcess({ pid }: ProcessRecord, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!hasErrno(error, 'ESRCH')) throw error;
  }
}
