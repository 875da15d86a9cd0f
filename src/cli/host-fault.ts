import { statfsSync } from 'node:fs';
import { hasErrno, messageOf, SegwError } from '../base/error.ts';
import type { Settings } from './settings.ts';

type Folders = Pick<Settings, 'stateDir' | 'cacheDir'>;

const mebibyte = 2 ** 20;
/** What the C library, Node and SQLite say. */
const fullTexts = /No space left on device|ENOSPC|database or disk is full/;

/**
 * What the host did to a command, as an error of ours: a full disk (`DiskFull`), a folder of another user (`NeedsRoot`). A program that
 * we started says so only in its words. Anything else comes back as it is.
 */
export function toHostFault(thrown: unknown, folders: Folders): unknown {
  if (fullTexts.test(messageOf(thrown))) {
    return new SegwError('DiskFull', `the disk is full (${describeRoom(folders)}): ${messageOf(thrown)}`, { cause: thrown });
  }
  if (hasErrno(thrown, 'EACCES')) {
    return new SegwError('NeedsRoot', `${messageOf(thrown)} (a region belongs to root, who starts it)`, { cause: thrown });
  }
  return thrown;
}

/** What went into the failed work has been removed by now, so the figures show what there is to work with. */
function describeRoom({ stateDir, cacheDir }: Folders): string {
  return `SEGW_CACHE_DIR ${cacheDir} has ${freeMebibytes(cacheDir)} MiB, SEGW_STATE_DIR ${stateDir} has ${freeMebibytes(stateDir)} MiB`;
}

function freeMebibytes(folder: string): string {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return ((bavail * bsize) / mebibyte).toFixed(0);
  } catch {
    return 'unknown'; // the folder was never made
  }
}
