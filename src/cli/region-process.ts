import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SegwError } from '../base/error.ts';
import { run } from '../base/exec.ts';
import { exists, readIfExists } from '../base/files.ts';
import { pollUntil } from '../base/poll.ts';
import { withLock } from '../cluster/supply/file-lock.ts';
import type { Context } from './context.ts';
import { daemonArguments } from './daemon-command-line.ts';
import { toRegionFailure } from './region-failure.ts';
import { silenceOf, silentRegionRemedy } from './region-answer.ts';
import { readRegionCredentials } from './region-credentials.ts';
import { regionFiles } from './region-files.ts';
import { regionPid, regionProcesses } from './region-processes.ts';
import type { Settings } from './settings.ts';

const startTimeoutMs = 60_000;
const answerTimeoutMs = 10_000;
const stopTimeoutMs = 20_000;
const killTimeoutMs = 5000;

/**
 * Starts the daemon unless it runs, and waits until it answers. Throws what the daemon says when it ends instead (`PortTaken`,
 * `DiskFull`, ...), `RegionFailed` with the end of its log when it says nothing, or when it runs and does not answer.
 */
export async function startRegion(context: Context): Promise<void> {
  const { settings, signal } = context;
  const files = regionFiles(settings);
  await mkdir(files.folder, { recursive: true, mode: 0o700 });
  await withLock(
    files.lock,
    async () => {
      if ((await regionPid(settings)) === undefined) await spawnDaemon(context);
      await awaitReady(settings, signal);
    },
    { signal },
  );
  await awaitAnswer(settings, signal);
}

/** Ends the daemon, then everything that it started: processes, namespaces, mounts, cgroups. Works without a daemon, too. */
export async function stopRegion(context: Context): Promise<void> {
  const { settings, root, signal } = context;
  const { folder, lock } = regionFiles(settings);
  const stop = async (): Promise<void> => {
    await endDaemons(settings);
    await run(process.execPath, daemonArguments(root, 'sweep', settings.stateDir), { env: locations(settings) });
  };
  // A daemon that is just being started must not come up behind our back.
  await ((await exists(folder)) ? withLock(lock, stop, { signal }) : stop());
}

async function spawnDaemon({ settings, root, env }: Context): Promise<void> {
  const files = regionFiles(settings);
  await rm(files.ready, { force: true });
  const log = openSync(files.log, 'a', 0o600);
  const child = spawn(process.execPath, daemonArguments(root, 'serve', settings.stateDir), {
    detached: true,
    cwd: '/',
    stdio: ['ignore', log, log],
    env: { ...env, ...locations(settings), ...frugality(settings) },
  });
  closeSync(log);
  child.unref();
}

async function awaitReady(settings: Settings, signal: AbortSignal): Promise<void> {
  const files = regionFiles(settings);
  await pollUntil(
    'the region starts',
    async (note) => {
      if (await exists(files.ready)) return true;
      const log = (await readIfExists(files.log)) ?? '';
      if ((await regionPid(settings)) === undefined) throw toRegionFailure(log);
      note(log.trim().split('\n').at(-1) ?? '');
      return undefined;
    },
    { timeoutMs: startTimeoutMs, signal },
  );
}

async function awaitAnswer(settings: Settings, signal: AbortSignal): Promise<void> {
  const credentials = await readRegionCredentials(settings);
  try {
    await pollUntil(
      'the region answers',
      async (note) => {
        const silence = await silenceOf(credentials);
        if (silence === undefined) return true;
        if ((await regionPid(settings)) === undefined)
          throw toRegionFailure((await readIfExists(regionFiles(settings).log)) ?? '');
        note(silence);
        return undefined;
      },
      { timeoutMs: answerTimeoutMs, signal },
    );
  } catch (error) {
    if (!(error instanceof SegwError && error.code === 'Timeout')) throw error;
    throw new SegwError('RegionFailed', `the region runs, but ${error.message}`, { remedy: silentRegionRemedy, cause: error });
  }
}

async function endDaemons(settings: Settings): Promise<void> {
  const areGone = async (): Promise<true | undefined> => ((await regionProcesses(settings)).length === 0 ? true : undefined);
  await signalDaemons(settings, 'SIGTERM');
  try {
    await pollUntil('the region ends', areGone, { timeoutMs: stopTimeoutMs });
  } catch {
    await signalDaemons(settings, 'SIGKILL');
    await pollUntil('the killed region ends', areGone, { timeoutMs: killTimeoutMs });
  }
}

async function signalDaemons(settings: Settings, signal: NodeJS.Signals): Promise<void> {
  for (const pid of await regionProcesses(settings)) {
    try {
      process.kill(pid, signal);
    } catch {
      // it has ended by itself
    }
  }
}

/** Node keeps what it has compiled, so that the next daemon starts faster and smaller; its threads share one heap of the C library. */
function frugality({ cacheDir }: Settings): Record<string, string> {
  return { NODE_COMPILE_CACHE: join(cacheDir, 'compiled'), MALLOC_ARENA_MAX: '1' };
}

function locations({ stateDir, cacheDir, armPort }: Settings): Record<string, string> {
  return { SEGW_STATE_DIR: stateDir, SEGW_CACHE_DIR: cacheDir, SEGW_PORT: String(armPort) };
}
