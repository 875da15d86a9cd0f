import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { startRegion, stopRegion } from '../region-process.ts';
import { parseSettings } from '../settings.ts';
import { deleteState } from '../state-folder.ts';

/** Runs `measure` on a region of its own without any cluster, and leaves nothing of it. */
export async function inOwnRegion<T>(context: Context, measure: (own: Context) => Promise<T>): Promise<T> {
  const stateDir = await mkdtemp(join(tmpdir(), 'segw-bench-'));
  const { SEGW_PORT: _ours, ...env } = context.env;
  const own: Context = { ...context, env, settings: parseSettings({ ...env, SEGW_STATE_DIR: stateDir }) };
  try {
    await startRegion(own);
    return await measure(own);
  } finally {
    // Also after Ctrl-C, which ends what waits for `own.signal`.
    const ending: Context = { ...own, signal: new AbortController().signal };
    await stopRegion(ending);
    await deleteState(own.settings);
  }
}
