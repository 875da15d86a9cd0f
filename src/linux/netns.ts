import { closeSync, mkdirSync, openSync, readdirSync, rmSync, stat, statSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hasErrno } from '../base/error.ts';
import { bindMount, enterNetns, unmount, unshareNetns } from './libc.ts';
import { setLink } from './netlink/links.ts';
import { openRouteSocket } from './netlink/socket.ts';

const threadNetns = '/proc/thread-self/ns/net';

/** Type of the file system behind /proc/PID/ns (linux/magic.h). */
const NSFS_MAGIC = 0x6e73_6673;

/**
 * Runs `section` with the calling thread inside the network namespace kept at `path`. What it opens (sockets) and starts
 * (processes) belongs to that namespace for life. `section` must be synchronous: anything asynchronous in it would continue outside.
 */
export function inNetns<T>(path: string, section: () => T): T {
  return awayFromHome(() => enterNetnsAt(path), section);
}

/** The same in a new namespace that ends with the last thing opened in it. Only `lo` exists in there, and it is down. */
export function inNewNetns<T>(section: () => T): T {
  return awayFromHome(() => unshareNetns('create a network namespace'), section);
}

/**
 * Makes a network namespace that lives until `deleteNetns`, kept as a bind mount on the file `path`; its loopback is up. Twice is once; a
 * plain file left over by a crash or a reboot is taken over. The mount reaches other mount namespaces as far as `path` is shared.
 */
export function createNetns(path: string): void {
  if (isNetns(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  closeSync(openSync(path, 'a', 0o444));
  inNewNetns(() => {
    using socket = openRouteSocket();
    setLink(socket, 'lo', { isUp: true });
    bindMount(threadNetns, path);
  });
}

/** Takes the namespace off its file and removes the file; its links go a moment later, when nothing uses it. Twice is once. */
export function deleteNetns(path: string): void {
  while (isNetns(path)) unmount(path);
  rmSync(path, { force: true });
}

/** The names of the files in `directory` that keep a network namespace, sorted; none when there is no such directory. */
export function listNetns(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => isNetns(join(directory, name)))
      .sort();
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

/** Whether the file at `path` keeps a namespace. */
export function isNetns(path: string): boolean {
  try {
    return statfsSync(path).type === NSFS_MAGIC;
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

/**
 * Tells the namespace at `path` from another one that is made there later, as long as something is open in it: then its number is not used
 * again. `undefined` when there is none.
 */
export function netnsIdentity(path: string): string | undefined {
  if (!isNetns(path)) return undefined;
  const { dev, ino } = statSync(path);
  return `${String(dev)}:${String(ino)}`;
}

/** A thread that cannot get home would configure the wrong namespace from then on, so the process ends instead. */
function awayFromHome<T>(leave: () => void, section: () => T): T {
  startThreadPool();
  const home = openSync(threadNetns, 'r');
  try {
    leave();
    try {
      return section();
    } finally {
      returnHome(home);
    }
  } finally {
    closeSync(home);
  }
}

/**
 * Moves the calling thread into the namespace kept at `path`, for good. Only for a worker thread that does nothing else: everything
 * it opens from then on belongs there.
 */
export function enterNetnsAt(path: string): void {
  const target = openSync(path, 'r');
  try {
    enterNetns(target, `enter network namespace ${path}`);
  } finally {
    closeSync(target);
  }
}

function returnHome(home: number): void {
  try {
    enterNetns(home, 'return to the own network namespace');
  } catch {
    process.abort();
  }
}

/** libuv makes its pool at the first asynchronous call, and threads stay in the namespace they are made in: it must exist before we leave. */
function startThreadPool(): void {
  stat('/', () => undefined);
}
