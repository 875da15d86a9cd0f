import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Twelve hexadecimal digits that change with any part; `['ab', 'c']` and `['a', 'bc']` differ. */
export function contentKey(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12);
}

/** The SHA-256 of a file's bytes, hexadecimal. */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Changes with any name, content, link target or execute bit at or below `path`; not with times and owners. */
export async function treeKey(path: string): Promise<string> {
  const stats = await lstat(path);
  if (stats.isSymbolicLink()) return contentKey('link', await readlink(path));
  if (stats.isFile()) return contentKey(isExecutable(stats.mode) ? 'program' : 'file', await fileDigest(path));
  const names = (await readdir(path)).sort();
  const entries: string[] = [];
  for (const name of names) entries.push(name, await treeKey(join(path, name)));
  return contentKey('folder', ...entries);
}

function isExecutable(mode: number): boolean {
  return (mode & 0o111) !== 0;
}
