import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SegwError } from '../../base/error.ts';
import { callLocal } from '../aks/local-request.ts';
import type { Context } from '../context.ts';
import { threadProgram } from './thread-programs.ts';
import { startRulesWatch } from './traffic/rules-watch.ts';

export interface Partitions {
  /** Nothing passes to or from the machine any more. Returns since when (`hostClockMs`). */
  cut(machine: string): Promise<number>;
  /** Ends all of them. */
  heal(): Promise<void>;
  stop(): Promise<void>;
}

const cutTimeoutMs = 10_000;

/** Cuts machines of the region off, and knows to the millisecond when. */
export async function startPartitions(context: Context): Promise<Partitions> {
  const folder = join(context.settings.stateDir, 'netns');
  const router = (await readdir(folder)).find((name) => name.startsWith('router-'));
  if (router === undefined) throw new SegwError('NotFound', 'the region has no virtual network');
  const watch = await startRulesWatch(threadProgram(context, 'rules-watch-thread'), { namespacePath: join(folder, router) });
  return {
    async cut(machine) {
      const since = watch.next(AbortSignal.any([context.signal, AbortSignal.timeout(cutTimeoutMs)]));
      const body = { kind: 'partition', from: machine, to: 'any' };
      const [sinceMs] = await Promise.all([since, callLocal(context, { method: 'POST', path: '/local/faults', body })]);
      return sinceMs;
    },
    async heal() {
      await callLocal(context, { method: 'DELETE', path: '/local/faults' });
    },
    stop: () => watch.stop(),
  };
}
