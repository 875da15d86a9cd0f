import koffi from 'koffi';

const symbols = koffi.load(null);
const schedSetscheduler = symbols.func('int sched_setscheduler(int, int, const int32_t *)') as (
  thread: number,
  policy: number,
  priority: Int32Array,
) => number;
const setpriority = symbols.func('int setpriority(int, int, int)') as (which: number, who: number, niceness: number) => number;

const SCHED_RR = 2;
const PRIO_PROCESS = 0;

/** Low among the real-time ones, and still before everything that has no such priority. */
const realTimePriority = new Int32Array([10]);
const lowestNiceness = -20;

export type ThreadPriority = 'real-time' | 'nice' | 'normal';

/**
 * Gives a thread of this process (by its id in the kernel) the highest priority that it may have, and says which. Real time needs
 * CAP_SYS_NICE, and in a cpu cgroup of version 1 a share of real time (`cpu.rt_runtime_us`).
 */
export function raiseThreadPriority(thread: number): ThreadPriority {
  if (schedSetscheduler(thread, SCHED_RR, realTimePriority) === 0) return 'real-time';
  return setpriority(PRIO_PROCESS, thread, lowestNiceness) === 0 ? 'nice' : 'normal';
}
