import { readlinkSync } from 'node:fs';

/** The calling thread as the kernel knows it. */
export function ownThreadId(): number {
  return Number(readlinkSync('/proc/thread-self').split('/').at(-1));
}

/** Gives a thread (by its id in the kernel) the highest priority that it may have, and says which. */
export type RaisePriority = (thread: number) => string;
