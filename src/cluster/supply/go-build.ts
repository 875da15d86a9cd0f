import { join } from 'node:path';
import { run } from '../../base/exec.ts';
import type { ProgressStep } from '../../base/progress.ts';
import type { BinarySet } from './binary-sets.ts';
import { ensureGo } from './go-toolchain.ts';
import { runOptions, type SupplyContext } from './supply-context.ts';

interface GoBuild {
  readonly set: BinarySet;
  /** The folder of the set's go.mod. */
  readonly sourceDir: string;
  /** Where the programs go. */
  readonly outputDir: string;
}

/** Builds a set from Go modules: the same bytes from the same go.sum and Go release, wherever it runs. Throws `GoMissing`. */
export async function buildFromModules(context: SupplyContext, build: GoBuild, step: ProgressStep): Promise<void> {
  const go = await ensureGo(context);
  step.line(`building ${build.set.binaries.join(', ')} from Go modules; the first time takes minutes`);
  // Objects before linking take a gigabyte: on the file system of the cache, and gone with the folder when the build fails.
  const env = { ...goEnvironment(context), ...go.env, GOTMPDIR: build.outputDir };
  await run(go.command, goBuildArguments(build), { ...runOptions(context, step), cwd: build.sourceDir, env });
}

export function goBuildArguments({ set, outputDir }: Omit<GoBuild, 'sourceDir'>): string[] {
  const [only, ...others] = set.binaries;
  // With a file name go build renames its one program; with a folder, each keeps the last word of its package.
  const output = only !== undefined && others.length === 0 ? join(outputDir, only) : `${outputDir}/`;
  const values = Object.entries(set.linkedValues ?? {}).map(([variable, value]) => `-X ${variable}=${value}`);
  return ['build', '-trimpath', '-buildvcs=false', '-ldflags', ['-s', '-w', ...values].join(' '), '-o', output, set.goPackage];
}

/** The user's GOPROXY, GOSUMDB and the like stay as they are. */
function goEnvironment({ cacheDir, architecture }: SupplyContext): Record<string, string> {
  return {
    GOCACHE: join(cacheDir, 'go', 'build'),
    GOMODCACHE: join(cacheDir, 'go', 'mod'),
    // Modules are writable, so that the cache can be removed by whoever owns it.
    GOFLAGS: '-mod=readonly -modcacherw',
    GOTOOLCHAIN: 'local',
    GOWORK: 'off',
    GOOS: 'linux',
    GOARCH: architecture,
    CGO_ENABLED: '0',
  };
}
