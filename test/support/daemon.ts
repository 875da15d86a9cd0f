import type { Context } from '../../src/cli/context.ts';
import { startRegion, stopRegion } from '../../src/cli/region-process.ts';
import type { Settings } from '../../src/cli/settings.ts';
import { deleteState } from '../../src/cli/state-folder.ts';
import { repositoryDir } from './paths.ts';

/** The daemon of an installation, without a cluster: what `segw up` begins with. */
export async function startTestRegion(settings: Settings): Promise<void> {
  await startRegion(contextOf(settings));
}

/** Ends everything that it started and deletes its state. */
export async function stopTestRegion(settings: Settings): Promise<void> {
  await stopRegion(contextOf(settings));
  await deleteState(settings);
}

function contextOf(settings: Settings): Context {
  return {
    settings,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    userId: 0,
    root: repositoryDir,
    signal: new AbortController().signal,
    become: async () => {
      throw new Error('a region becomes nothing else');
    },
  };
}
