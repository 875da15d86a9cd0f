import { closeSync } from 'node:fs';
import koffi from 'koffi';

const inotifyInit = koffi.load(null).func('int inotify_init1(int)') as (flags: number) => number;
const IN_CLOEXEC = 0x8_0000;

/** How many inotify instances this user could have now, `wanted` at most. The kernel counts them for all namespaces together. */
export function freeInotifyInstances(wanted: number): number {
  const opened: number[] = [];
  try {
    while (opened.length < wanted) {
      const fd = inotifyInit(IN_CLOEXEC);
      if (fd < 0) break;
      opened.push(fd);
    }
    return opened.length;
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}
