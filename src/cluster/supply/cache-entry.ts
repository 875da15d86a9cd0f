import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { exists } from '../../base/files.ts';
import { inStep, type ProgressStep } from '../../base/progress.ts';
import { withLock } from './file-lock.ts';
import type { SupplyContext } from './supply-context.ts';

interface CacheEntry {
  /** Relative to the cache, ends in a key of the content: `bin/coredns-v1.12.4-amd64-0123456789ab`. */
  readonly path: string;
  /** The progress step of making it. */
  readonly title: string;
  /** Fills the empty folder `partial`. */
  readonly make: (partial: string, step: ProgressStep) => Promise<void>;
}

/**
 * The absolute path of a folder of the cache, made first where it is missing. It appears by a rename when it is complete; two
 * processes at once make it once; what an interrupted process left is removed by the next that makes the same entry.
 */
export async function ensureEntry(context: SupplyContext, { path, title, make }: CacheEntry): Promise<string> {
  const target = join(context.cacheDir, path);
  if (await exists(target)) return target;
  const lock = join(context.cacheDir, 'locks', path.replaceAll('/', '-'));
  return inStep(context.progress, title, (step) =>
    withLock(
      lock,
      async () => {
        if (!(await exists(target))) await makeAtomically(target, (partial) => make(partial, step));
        return target;
      },
      { ...(context.signal && { signal: context.signal }), onWait: () => step.line('another process is at work on it: waiting') },
    ),
  );
}

async function makeAtomically(target: string, make: (partial: string) => Promise<void>): Promise<void> {
  await removeLeftovers(target);
  // A name of its own: a program that outlived its killed parent may still write into the leftover of before.
  const partial = `${target}.${randomUUID()}.partial`;
  try {
    await mkdir(partial, { recursive: true });
    await make(partial);
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

async function removeLeftovers(target: string): Promise<void> {
  const folder = dirname(target);
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${basename(target)}.`) || !name.endsWith('.partial')) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** Removes all but the `keep` newest entries of a family (`images/agent-`). For entries that are read once, never for mounted ones. */
export async function removeOldEntries({ cacheDir }: SupplyContext, family: string, keep: number): Promise<void> {
  const folder = join(cacheDir, dirname(family));
  const entries: { readonly path: string; readonly mtimeMs: number }[] = [];
  for (const name of await readdir(folder)) {
    if (!name.startsWith(basename(family)) || name.endsWith('.partial')) continue;
    const path = join(folder, name);
    entries.push({ path, mtimeMs: (await stat(path)).mtimeMs });
  }
  const old = entries.sort((a, b) => b.mtimeMs - a.mtimeMs).slice(keep);
  for (const { path } of old) await rm(path, { recursive: true, force: true });
}
