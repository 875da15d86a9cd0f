import { join, relative } from 'node:path';
import { hostArchitecture } from '../../cluster/supply/architecture.ts';
import { ensureBinary } from '../../cluster/supply/binaries.ts';
import type { SupplyContext } from '../../cluster/supply/supply-context.ts';
import type { Context } from '../context.ts';
import { createProgress } from '../progress.ts';
import type { GuestTestLevel } from '../test-levels.ts';
import { countTests, nodeArguments } from '../test-run.ts';
import type { TestCounts } from '../test-summary.ts';
import { ensureEmulator } from './emulator.ts';
import { ensureGuestImage } from './guest-image.ts';
import { guestFolders, runInGuest } from './guest.ts';
import { suitesFile } from './suites-file.ts';

const names = { suites: 'suites.mjs', results: 'results.tap' } as const;
/** How much longer than on the host a test may wait where the processor is emulated (`test/support/patience.ts`). */
const patience = { kvm: 1, tcg: 5 } as const;

/** Runs files (relative to the repository) in one process in a guest, and prints what it prints. Installs and builds what that needs. */
export async function runFilesInGuest(level: GuestTestLevel, files: readonly string[], context: Context): Promise<TestCounts> {
  const { root: repositoryDir, settings, stdout, stderr, signal } = context;
  const { cacheDir } = settings;
  const supply: SupplyContext = {
    cacheDir,
    repositoryDir,
    architecture: hostArchitecture(),
    progress: createProgress(stderr),
    signal,
  };
  const emulator = await ensureEmulator(supply);
  const image = await ensureGuestImage(supply);
  const node = join(guestFolders.project, relative(repositoryDir, await ensureBinary(supply, 'node')));
  const environment = {
    SEGW_CACHE_DIR: guestFolders.cache,
    SEGW_TEST_PATIENCE: String(patience[emulator.accelerator]),
    CI: context.env['CI'] ?? '',
    NO_COLOR: '1',
  };
  const command = [node, ...nodeArguments(level, join(guestFolders.run, names.results)), join(guestFolders.run, names.suites)];
  const { status, files: written } = await runInGuest({
    emulator,
    image,
    stdout,
    signal,
    progress: supply.progress,
    limits: level.guest,
    shares: { project: repositoryDir, cache: cacheDir },
    script: `${Object.entries(environment).map(assignment).join('')}exec ${command.join(' ')}\n`,
    files: { [names.suites]: suitesFile(guestFolders.project, files) },
    results: [names.results],
  });
  return countTests({ tap: written[names.results] ?? '', endedBadly: status !== 0 }, context);
}

function assignment([name, value]: readonly [string, string]): string {
  return `export ${name}='${value}'\n`;
}
