import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SegwError } from '../../base/error.ts';
import { isOnPath, run } from '../../base/exec.ts';
import { readIfExists } from '../../base/files.ts';
import { inStep, type ProgressStep } from '../../base/progress.ts';
import { withLock } from './file-lock.ts';
import { runOptions, type SupplyContext } from './supply-context.ts';

/** The Debian release of every root and package of the supply. */
export const debianRelease = 'bookworm';

/** Unpacks Debian packages of the host's own sources into `folder`, without installing them and without what they depend on. */
export async function unpackPackages(
  context: SupplyContext,
  packages: readonly string[],
  folder: string,
  step: ProgressStep,
): Promise<void> {
  const downloads = join(folder, 'packages');
  await mkdir(downloads, { recursive: true });
  await aptGet(context, ['download', ...packages], step, downloads);
  // The file names carry versions and an architecture that only apt knows: the shell's pattern finds them.
  await run('sh', ['-c', 'for package in "$0"/*.deb; do dpkg-deb -x "$package" "$1" || exit; done', downloads, folder], {
    ...runOptions(context, step),
  });
  await rm(downloads, { recursive: true });
}

/** Debian packages that the host itself gets: only such as start no service and displace nothing. */
export interface HostPackages {
  readonly packages: readonly string[];
  /** What needs them, for who reads that they are installed. */
  readonly purpose: string;
  readonly isPresent: () => Promise<boolean>;
}

/** Installs packages on the host where they are missing. Says so before. Throws `DebianNeeded`, `CommandFailed`. */
export async function ensureHostPackages(context: SupplyContext, { packages, purpose, isPresent }: HostPackages): Promise<void> {
  await withLock(join(context.cacheDir, 'locks', 'apt'), async () => {
    if (await isPresent()) return;
    await inStep(context.progress, `install ${packages.join(', ')} (Debian packages; ${purpose})`, (step) =>
      aptGet(context, ['install', '--yes', '--no-install-recommends', ...packages], step, '/'),
    );
  });
}

/** mmdebstrap, on the host. */
export async function ensureMmdebstrap(context: SupplyContext): Promise<void> {
  const isPresent = (): Promise<boolean> => isOnPath('mmdebstrap');
  await ensureHostPackages(context, { packages: ['mmdebstrap'], purpose: 'it builds Debian roots', isPresent });
}

/** Runs apt-get, a second time with fresh package lists when it fails. Throws `DebianNeeded` where there is no apt-get. */
async function aptGet(context: SupplyContext, args: readonly string[], step: ProgressStep, cwd: string): Promise<void> {
  if (!(await isOnPath('apt-get')))
    throw new SegwError('DebianNeeded', `this host has no apt-get, which "apt-get ${args.join(' ')}" needs`);
  // The download user of apt cannot write into a folder of root's; root may.
  const settings = ['--quiet', '-o', 'APT::Sandbox::User=root', '-o', 'DPkg::Lock::Timeout=120'];
  const options = { ...runOptions(context, step), cwd, env: { DEBIAN_FRONTEND: 'noninteractive' } };
  try {
    await run('apt-get', [...settings, ...args], options);
  } catch {
    context.signal?.throwIfAborted();
    step.line('fetching the lists of Debian packages');
    await run('apt-get', [...settings, 'update'], options);
    await run('apt-get', [...settings, ...args], options);
  }
}

/**
 * The host's own sources of Debian packages in the form of sources.list, when the host is of the release that the roots have; else
 * nothing, and mmdebstrap takes its default. Sources of others than Debian are left out.
 */
export async function hostSources(context: SupplyContext): Promise<string | undefined> {
  if (!isRelease((await readIfExists('/etc/os-release')) ?? '') || !(await isOnPath('apt-get'))) return undefined;
  const format = 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)';
  const signal = context.signal;
  const targets = await run('apt-get', ['indextargets', '--format', format, 'Created-By: Packages', 'Origin: Debian'], {
    ...(signal && { signal }),
  });
  return sourcesOf(targets);
}

export function isRelease(osRelease: string): boolean {
  const lines = osRelease.replaceAll('"', '').split('\n');
  return lines.includes('ID=debian') && lines.includes(`VERSION_CODENAME=${debianRelease}`);
}

/** One line for each source, sorted; `undefined` for a host that has not fetched its lists. */
export function sourcesOf(indexTargets: string): string | undefined {
  const lines = [...new Set(indexTargets.split('\n').filter((line) => line.startsWith('deb ')))].sort();
  return lines.some((line) => line.split(' ')[2] === debianRelease) ? `${lines.join('\n')}\n` : undefined;
}
