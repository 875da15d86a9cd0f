import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../base/exec.ts';
import type { ProgressStep } from '../../base/progress.ts';
import { debianRelease, ensureMmdebstrap, hostSources } from './apt.ts';
import { contentKey } from './content-key.ts';
import { completeExtractedRoot } from './extracted-root.ts';
import { runOptions, type SupplyContext } from './supply-context.ts';

/**
 * A Debian root file system. `minbase` is a small Debian with its maintainer scripts run (accounts, alternatives); `extract` is
 * only the files of the packages and of what they depend on, completed by `completeExtractedRoot`.
 */
export interface DebianRoot {
  readonly variant: 'minbase' | 'extract';
  readonly packages: readonly string[];
}

/** Raised when the way a root is made changes, so that it is made anew. */
const recipe = 'debian-root/1';

const excluded = ['doc', 'doc-base', 'man', 'info', 'locale', 'lintian', 'bug'].map(
  (name) => `path-exclude=/usr/share/${name}/*`,
);

/** What the root took over from the host that built it. */
const hostTraces = ['etc/resolv.conf', 'etc/hostname', 'etc/apt/sources.list', 'etc/apt/sources.list.d'];

export function debianRootKey({ architecture }: SupplyContext, { variant, packages }: DebianRoot): string {
  return contentKey(recipe, debianRelease, architecture, variant, ...[...packages].sort(), ...excluded);
}

/** Builds the root in the empty folder `folder`. Needs root. Throws `DebianNeeded` on a host without apt-get. */
export async function buildDebianRoot(
  context: SupplyContext,
  root: DebianRoot,
  folder: string,
  step: ProgressStep,
): Promise<void> {
  await ensureMmdebstrap(context);
  const sources = await hostSources(context);
  const args = mmdebstrapArguments(context, root, folder);
  // "-": the sources come by standard input.
  await run('mmdebstrap', sources === undefined ? args : [...args, '-'], {
    ...runOptions(context, step),
    ...(sources !== undefined && { input: sources }),
    env: { SOURCE_DATE_EPOCH: '0' },
  });
  for (const trace of hostTraces) await rm(join(folder, trace), { recursive: true, force: true });
  if (root.variant === 'extract') await completeExtractedRoot(folder);
}

function mmdebstrapArguments({ architecture }: SupplyContext, { variant, packages }: DebianRoot, folder: string): string[] {
  return [
    '--quiet',
    '--mode=root',
    '--format=directory',
    `--variant=${variant}`,
    `--architectures=${architecture}`,
    '--aptopt=Acquire::Languages "none"',
    ...excluded.map((option) => `--dpkgopt=${option}`),
    `--include=${packages.join(',')}`,
    debianRelease,
    folder,
  ];
}
