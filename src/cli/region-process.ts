import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SegwError } from '../base/error.ts';
import { run } from '../base/exec.ts';
import { exists, readIfExists } from '../base/files.ts';
import { pollUntil } from '../base/poll.ts';
import type { Context } from './context.ts';
import type { Settings } from './settings.ts';

const startTimeoutMs = 60_000;
const stopTimeoutMs = 20_000;

/** The files by which the command line and the region daemon of one installation know each other. */
export function regionFiles({ stateDir }: Pick<Settings, 'stateDir'>) {
  const folder = join(stateDir, 'region');
  return { folder, pid: join(folder, 'region.pid'), log: join(folder, 'region.log'), ready: join(folder, 'ready') };
}

/** The daemon's process id, or `undefined` when it does not run. */
export async function regionPid(settings: Settings): Promise<number | undefined> {
  const pid = await readIfExists(regionFiles(settings).pid);
  if (pid === undefined) return undefined;
  const commandLine = await readIfExists(`/proc/${pid}/cmdline`).catch(() => undefined);
  return commandLine?.includes('cmd/region.ts') === true ? Number(pid) : undefined; // the number may be somebody else's by now
}

/** Starts the daemon unless it runs, and waits until it answers. Throws `RegionFailed` with the end of its log. */
export async function startRegion({ settings, root, env, signal }: Context): Promise<void> {
  if ((await regionPid(settings)) !== undefined) return;
  const files = regionFiles(settings);
  await mkdir(files.folder, { recursive: true, mode: 0o700 });
  await rm(files.ready, { force: true });
  const log = openSync(files.log, 'a', 0o600);
  const child = spawn(process.execPath, [join(root, 'src/cmd/region.ts'), 'serve'], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...env, ...locations(settings) },
  });
  closeSync(log);
  child.unref();
  await pollUntil(
    'the region answers',
    async (note) => {
      if (child.exitCode !== null)
        throw new SegwError('RegionFailed', `the region ended at its start:\n${await logTail(files.log)}`);
      note(await logTail(files.log));
      return (await exists(files.ready)) ? true : undefined;
    },
    { timeoutMs: startTimeoutMs, signal },
  );
}

/** Ends the daemon, then everything that it started: processes, namespaces, mounts, cgroups. Works without a daemon, too. */
export async function stopRegion({ settings, root }: Context): Promise<void> {
  const pid = await regionPid(settings);
  if (pid !== undefined) {
    process.kill(pid, 'SIGTERM');
    await pollUntil('the region ends', async () => ((await regionPid(settings)) === undefined ? true : undefined), {
      timeoutMs: stopTimeoutMs,
    }).catch(() => process.kill(pid, 'SIGKILL'));
  }
  await run(process.execPath, [join(root, 'src/cmd/region.ts'), 'sweep'], { env: locations(settings) });
}

function locations({ stateDir, cacheDir, armPort }: Settings): Record<string, string> {
  return { SEGW_STATE_DIR: stateDir, SEGW_CACHE_DIR: cacheDir, SEGW_PORT: String(armPort) };
}

async function logTail(path: string): Promise<string> {
  return ((await readIfExists(path)) ?? '').trim().split('\n').slice(-8).join('\n');
}
