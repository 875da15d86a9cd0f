import { randomUUID } from 'node:crypto';
import { access, mkdir, open, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasErrno } from './error.ts';

interface WriteOptions {
  /** Default 0o644. A secret gets 0o600: the file is created with it, never widened later. */
  readonly mode?: number;
}

/** Replaces the file at once (temporary file in the same folder, fsync, rename): a reader sees the old content or the new one. */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  { mode = 0o644 }: WriteOptions = {},
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Makes `path` a symbolic link to `target`, at once: whoever follows it finds the old target or the new one. */
export async function linkAtomic(target: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  await symlink(target, temporary);
  await rename(temporary, path);
}

/** The file's text, or `undefined` when there is no such file. */
export async function readIfExists(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** The names in a folder, sorted; none when there is no such folder. */
export async function readFolder(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).sort();
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

export async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
