import { readlinkSync } from 'node:fs';

/** The calling thread as the kernel knows it. */
export function ownThreadId(): number {
  return Number(readlinkSync('/proc/thread-self').split('/').at(-1));
}

/** The priority that `raise` gave to a thread: for the log. */
export type RaisePriority = (thread: number) => string;
