import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { readFolder } from '../../base/files.ts';
import type { Context } from '../context.ts';
import { failure, ok, warning, type Finding } from './check.ts';

/** Folders of the cache that hold entries; each entry is a folder. */
const families = ['bin', 'images', 'layers', 'roots'] as const;

/** Entries that are there by name only (a crash of the machine loses what was not on its disk yet), and what an interrupted build left. */
export async function checkCache({ settings }: Pick<Context, 'settings'>): Promise<Finding> {
  const { cacheDir } = settings;
  const entries = (await Promise.all(families.map((family) => entriesOf(join(cacheDir, family))))).flat();
  const damaged: string[] = [];
  for (const entry of entries.filter(isWhole)) if (await isDamaged(entry)) damaged.push(entry);
  if (damaged.length > 0)
    return failure(`damaged: ${damaged.join(', ')}`, `Run: rm -r ${damaged.join(' ')} (the next command makes it again)`);
  const leftovers = entries.filter((entry) => !isWhole(entry));
  if (leftovers.length === 0) return ok(`${String(entries.length)} entries in ${cacheDir}`);
  return warning(
    `an interrupted build left, or a running one writes: ${leftovers.join(', ')}`,
    'The next run that builds the same removes it.',
  );
}

async function entriesOf(family: string): Promise<readonly string[]> {
  return (await readFolder(family)).map((name) => join(family, name));
}

function isWhole(entry: string): boolean {
  return !entry.endsWith('.partial');
}

async function isDamaged(entry: string): Promise<boolean> {
  const names = await readFolder(entry);
  const stats = await Promise.all(names.map((name) => lstat(join(entry, name))));
  return names.length === 0 || stats.some((file) => file.isFile() && file.size === 0);
}
