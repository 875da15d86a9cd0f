import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import koffi from 'koffi';

const fcntl = koffi.load(null).func('int fcntl(int, int, ...)') as (
  fd: number,
  command: number,
  ...rest: FlagArguments
) => number;

type FlagArguments = [type: 'int', flags: number];

const directory = '/proc/self/fd';
const F_SETFD = 2;
const FD_CLOEXEC = 1;

/**
 * Runs `open`, which must be synchronous, so that no program that is started later gets what it opens. For libraries that open sockets
 * without SOCK_CLOEXEC (libmnl does): a child would keep the socket, and with it a namespace and the tables that only we may change.
 */
export function openForThisProcess<T>(open: () => T): T {
  const before = new Set(descriptors());
  const opened = open();
  for (const descriptor of descriptors()) {
    if (!before.has(descriptor)) fcntl(Number(descriptor), F_SETFD, 'int', FD_CLOEXEC);
  }
  return opened;
}

/** Without the one of the directory itself, which is closed again by now: the next thing opened gets its number. */
function descriptors(): string[] {
  return readdirSync(directory).filter((name) => lstatSync(join(directory, name), { throwIfNoEntry: false }) !== undefined);
}
