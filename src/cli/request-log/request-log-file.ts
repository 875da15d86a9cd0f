import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasErrno } from '../../base/error.ts';
import { parseRecord, type RequestRecord } from './request-record.ts';

/** Where in which file a reader of the log stands. */
interface LogPlace {
  readonly inode: number;
  readonly offset: number;
}

interface LogPart {
  readonly records: readonly RequestRecord[];
  readonly end: LogPlace;
}

const intervalMs = 200;
const newline = 10;
const beginning: LogPlace = { inode: 0, offset: 0 };

/** Everything that the log at `path` still has, oldest first, and where that ends; of a full one the part before lies in `PATH.1`. */
export async function readRequestLog(path: string): Promise<LogPart> {
  const current = await readPart(path, beginning);
  const before = await readPart(`${path}.1`, beginning);
  // Set aside between the two reads: it is the same file.
  if (before.end.inode === current.end.inode) return current;
  return { records: [...before.records, ...current.records], end: current.end };
}

/** What is written after `from`, as it comes, also when the file is set aside meanwhile; ends without an error when `signal` aborts. */
export async function* followRequestLog(path: string, from: LogPlace, signal: AbortSignal): AsyncGenerator<RequestRecord> {
  let place = from;
  while (!signal.aborted) {
    const current = await readPart(path, place);
    if (current.end.inode !== place.inode) yield* (await restOfOld(`${path}.1`, place)).records;
    yield* current.records;
    place = current.end;
    if (current.records.length === 0) await sleep(intervalMs, undefined, { signal }).catch(() => undefined);
  }
}

async function restOfOld(path: string, place: LogPlace): Promise<LogPart> {
  const old = await readPart(path, place);
  return old.end.inode === place.inode ? old : { records: [], end: place };
}

/** The whole lines from `place` on or, in another file than that of `place`, from its beginning. */
async function readPart(path: string, place: LogPlace): Promise<LogPart> {
  try {
    await using file = await open(path, 'r');
    const { ino: inode, size } = await file.stat();
    const begin = place.inode === inode ? place.offset : 0;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(0, size - begin)), 0, null, begin);
    const length = buffer.subarray(0, bytesRead).lastIndexOf(newline) + 1;
    const lines = buffer.toString('utf8', 0, length).split('\n');
    return { records: lines.flatMap((line) => parseRecord(line) ?? []), end: { inode, offset: begin + length } };
  } catch (error) {
    if (!hasErrno(error, 'ENOENT')) throw error;
    return { records: [], end: beginning };
  }
}
