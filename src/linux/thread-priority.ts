import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import koffi from 'koffi';

const symbols = koffi.load(null);
const schedSetscheduler = symbols.func('int sched_setscheduler(int, int, const int32_t *)') as (
  thread: number,
  policy: number,
  priority: Int32Array,
) => number;
const setpriority = symbols.func('int setpriority(int, int, int)') as (which: number, who: number, niceness: number) => number;
const prlimit = symbols.func('int prlimit(int, int, const uint64_t *, void *)') as (
  process: number,
  resource: number,
  limit: BigUint64Array,
  before: null,
) => number;

const SCHED_RR = 2;
const SCHED_RESET_ON_FORK = 0x4000_0000;
const PRIO_PROCESS = 0;
const RLIMIT_RTTIME = 15;
const thisProcess = 0;

/** Low among the real-time ones, and still before everything that has no such priority. */
const realTimePriority = new Int32Array([10]);
const lowestNiceness = -20;
/** A real-time thread that computes so long without a pause has run away. */
const runawayMicroseconds = 1_000_000n;
const unlimited = 0xffff_ffff_ffff_ffffn;

export const threadPriorities = ['real-time', 'nice', 'normal'] as const;
export type ThreadPriority = (typeof threadPriorities)[number];

/**
 * Gives a thread of this process (by its id in the kernel) the highest priority that it may have, and says which. Real time needs
 * CAP_SYS_NICE. Where each cpu cgroup has a share of real time (version 1 with CONFIG_RT_GROUP_SCHED) the one of a pod is 0: then this
 * thread alone moves to the node's own group at `cpuGroup`, if that has a share. A real-time thread that runs away ends the process
 * (SIGXCPU), not the node. Source: sched(7), getrlimit(2), kernel Documentation/scheduler/sched-rt-group.rst.
 */
export function raiseThreadPriority(thread: number, cpuGroup: string): ThreadPriority {
  prlimit(thisProcess, RLIMIT_RTTIME, new BigUint64Array([runawayMicroseconds, unlimited]), null);
  if (makeRealTime(thread) || (moveToGroup(thread, cpuGroup) && makeRealTime(thread))) return 'real-time';
  return setpriority(PRIO_PROCESS, thread, lowestNiceness) === 0 ? 'nice' : 'normal';
}

function makeRealTime(thread: number): boolean {
  return schedSetscheduler(thread, SCHED_RR | SCHED_RESET_ON_FORK, realTimePriority) === 0;
}

/** Only a group of version 1 has the file with the share, and takes single threads. */
function moveToGroup(thread: number, group: string): boolean {
  try {
    if (Number(readFileSync(join(group, 'cpu.rt_runtime_us'), 'utf8')) === 0) return false;
    writeFileSync(join(group, 'tasks'), String(thread));
    return true;
  } catch {
    return false;
  }
}
