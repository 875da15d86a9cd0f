import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SegwError, messageOf } from '../../base/error.ts';
import { isOnPath, run } from '../../base/exec.ts';
import type { ProgressStep } from '../../base/progress.ts';
import { unpackPackages } from './apt.ts';
import { hostArchitecture } from './architecture.ts';
import { ensureEntry } from './cache-entry.ts';
import type { SupplyContext } from './supply-context.ts';

export interface GoToolchain {
  /** The path of the `go` command, or its name. */
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
}

/** What the modules of `deploy/build` ask for in their go.mod. */
const oldestGo = { major: 1, minor: 24 };

/** The toolchain that is fetched where no `go` is on PATH, and what is needed to fetch it: a `go` that knows modules. */
const fetchedGo = 'go1.24.13';
const bootstrapGo = 'go-1.19';
const bootstrapPackages = ['golang-1.19-go', 'golang-1.19-src'];

/** `go` of PATH when it is new enough, else one in the cache. Throws `GoMissing` when there is no way to one. */
export async function ensureGo(context: SupplyContext): Promise<GoToolchain> {
  const found = (await isOnPath('go')) ? parseGoVersion(await run('go', ['version'])) : undefined;
  if (found && isNewEnough(found)) return { command: 'go', env: {} };
  // The toolchain runs here, whatever it builds for.
  const platform = `linux-${hostArchitecture()}`;
  try {
    const entry = await ensureEntry(context, {
      path: `go/toolchain-${fetchedGo}-${platform}`,
      title: `fetch the Go toolchain ${fetchedGo}`,
      make: (partial, step) => fetchToolchain(context, `golang.org/toolchain@v0.0.1-${fetchedGo}.${platform}`, partial, step),
    });
    const root = join(entry, 'root');
    return { command: join(root, 'bin', 'go'), env: { GOROOT: root } };
  } catch (error) {
    context.signal?.throwIfAborted();
    const wanted = `Go ${String(oldestGo.major)}.${String(oldestGo.minor)} or newer`;
    const state = found ? `the one on PATH is ${String(found.major)}.${String(found.minor)}` : 'there is none on PATH';
    throw new SegwError('GoMissing', `${wanted} is needed; ${state}, and none could be fetched: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

interface GoVersion {
  readonly major: number;
  readonly minor: number;
}

/** Reads `go version go1.24.13 linux/amd64`. */
export function parseGoVersion(output: string): GoVersion | undefined {
  const match = /\bgo(\d+)\.(\d+)/.exec(output);
  return match ? { major: Number(match[1]), minor: Number(match[2]) } : undefined;
}

export function isNewEnough({ major, minor }: GoVersion): boolean {
  return major > oldestGo.major || (major === oldestGo.major && minor >= oldestGo.minor);
}

/** A Go toolchain is also published as a module, whose zip carries no execute bits (go.dev/doc/toolchain). */
async function fetchToolchain(context: SupplyContext, module: string, folder: string, step: ProgressStep): Promise<void> {
  const bootstrap = join(folder, 'bootstrap');
  const modules = join(folder, 'modules');
  await mkdir(bootstrap);
  await unpackPackages(context, bootstrapPackages, bootstrap, step);
  const root = join(bootstrap, 'usr', 'lib', bootstrapGo);
  const env = { GOROOT: root, GOMODCACHE: modules, GOCACHE: join(folder, 'build'), GOFLAGS: '-modcacherw', CGO_ENABLED: '0' };
  const args = ['mod', 'download', '-json', module];
  const { signal } = context;
  const answer = await run(join(root, 'bin', 'go'), args, { cwd: folder, env, ...(signal && { signal }) });
  const { Dir: downloaded } = z.object({ Dir: z.string() }).parse(JSON.parse(answer));
  await rename(downloaded, join(folder, 'root'));
  await makeExecutable(join(folder, 'root'));
  for (const leftover of [bootstrap, modules, join(folder, 'build')]) await rm(leftover, { recursive: true, force: true });
}

async function makeExecutable(root: string): Promise<void> {
  for (const folder of ['bin', 'pkg/tool']) {
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
    for (const entry of entries) if (entry.isFile()) await chmod(join(entry.parentPath, entry.name), 0o755);
  }
}
