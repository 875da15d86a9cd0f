import { closeSync, openSync } from 'node:fs';
import koffi from 'koffi';
import { systemCallError } from './libc.ts';

const symbols = koffi.load(null);
const setns = symbols.func('int setns(int, int)') as (fd: number, kind: number) => number;
const unshare = symbols.func('int unshare(int)') as (flags: number) => number;

const CLONE_FS = 0x200;
/** The mount namespace last: it brings another root. */
const kinds = { net: 0x4000_0000, uts: 0x400_0000, ipc: 0x800_0000, pid: 0x2000_0000, mnt: 0x2_0000 };

/**
 * Moves the calling thread, for good, into the namespaces of a process: network, host name, IPC and mounts, with the root directory that
 * belongs to them. What it starts is in the process' pid namespace as well; the thread itself is not, so its own /proc/self does not exist
 * there. Only for a worker thread that has loaded all its code. Throws `SystemCall`. Source: setns(2).
 */
export function joinNamespacesOf(pid: number): void {
  const targets = Object.entries(kinds).map(([name, kind]) => ({
    name,
    kind,
    fd: openSync(`/proc/${String(pid)}/ns/${name}`, 'r'),
  }));
  try {
    // A thread that shares its root with others may not change mount namespaces.
    check(unshare(CLONE_FS), 'unshare', 'have a root directory of its own');
    for (const { name, kind, fd } of targets) check(setns(fd, kind), 'setns', `join namespace ${name} of process ${String(pid)}`);
  } finally {
    for (const { fd } of targets) closeSync(fd);
  }
}

function check(result: number, call: string, doing: string): void {
  if (result < 0) throw systemCallError(doing, koffi.errno(), call);
}
