import { readFile } from 'node:fs/promises';

/** Units of processor time in proc(5): USER_HZ is 100 on every architecture that we run on. */
const ticksPerSecond = 100;

/** What a process has in memory (proc(5), VmRSS), in 10^6 bytes. */
export async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8');
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return Math.round((Number(kilobytes) * 1024) / 1e5) / 10;
}

/** Processor time that all threads of a process have used, in seconds (proc(5), utime and stime of `stat`). */
export async function processorSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8');
  // The second field, the program's name, may hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}
