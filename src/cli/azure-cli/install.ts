import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../base/exec.ts';
import { exists } from '../../base/files.ts';
import { hostArchitecture } from '../../cluster/supply/architecture.ts';
import { ensureEntry, removeOldEntries } from '../../cluster/supply/cache-entry.ts';
import { contentKey } from '../../cluster/supply/content-key.ts';
import { runOptions, type SupplyContext } from '../../cluster/supply/supply-context.ts';
import type { Context } from '../context.ts';
import { createProgress } from '../progress.ts';
import { ensurePython } from './python.ts';

/** Every package with its version and checksums, made from requirements.in. */
const requirementsFile = join(import.meta.dirname, 'requirements.txt');

/** Raised when the way it is installed changes. */
const recipe = 'azure-cli/1';

const family = 'azure-cli/az-';

/** How many versions stay in the cache: an older one may just be running. */
const keptVersions = 2;

/** Wheels alone, whose checksums are pinned: nothing that is downloaded runs while it is installed. */
const pipInstall = [
  '-m',
  'pip',
  'install',
  '--require-hashes',
  '--only-binary=:all:',
  '--no-compile',
  '--no-input',
  '--disable-pip-version-check',
  '--requirement',
];

/**
 * The Python of a virtual environment that holds the Azure CLI, from the cache; installed there first where it is missing. Throws
 * `PythonMissing`, `DebianNeeded`, and `CommandFailed` with what pip says.
 */
export async function ensureAzureCli({ settings, stderr, root, signal }: Context): Promise<string> {
  const context: SupplyContext = {
    cacheDir: settings.cacheDir,
    repositoryDir: root,
    architecture: hostArchitecture(),
    progress: createProgress(stderr),
    signal,
  };
  const path = `${family}${context.architecture}-${contentKey(recipe, await readFile(requirementsFile, 'utf8'))}`;
  await removeOrphan(join(context.cacheDir, path));
  const entry = await ensureEntry(context, {
    path,
    title: 'install the Azure CLI into the cache (once, about 400 MB)',
    async make(folder, step) {
      const python = await ensurePython(context);
      await run(python, ['-m', 'venv', folder], runOptions(context, step));
      await run(pythonOf(folder), [...pipInstall, requirementsFile], runOptions(context, step));
      await removeOldEntries(context, family, keptVersions - 1);
    },
  });
  return pythonOf(entry);
}

/** Relative to itself this link stays right when the environment is renamed; the scripts beside it name the folder of before. */
function pythonOf(environment: string): string {
  return join(environment, 'bin', 'python');
}

/** An environment is a link to the interpreter that it was made with: it is of no use once that one is gone. */
async function removeOrphan(environment: string): Promise<void> {
  if ((await exists(environment)) && !(await exists(pythonOf(environment))))
    await rm(environment, { recursive: true, force: true });
}
