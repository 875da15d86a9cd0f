import { randomUUID } from 'node:crypto';
import type { Context } from '../../context.ts';
import { firstProcessOf } from '../node-processes.ts';
import { threadProgram } from '../thread-programs.ts';
import type { PluginDurations } from './chain-caller.ts';
import { startPluginChain, type PluginChain } from './chain-thread.ts';

/** What a pod would have, of whose sandbox the plugins are told. */
export interface ImaginedPod {
  readonly namespace: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The plugins of a node of the region. Throws `NotFound` when its machine does not run. */
export async function startNodeChain({ root, settings }: Pick<Context, 'root' | 'settings'>, node: string): Promise<PluginChain> {
  return startPluginChain(threadProgram({ root }, 'plugin-chain-thread'), { pid: await firstProcessOf(settings, node) });
}

/** ADD and DEL of a sandbox that nothing runs in; how long ADD took. */
export async function addAndDelete(
  plugins: PluginChain,
  chain: 'base' | 'whole',
  { namespace, annotations }: ImaginedPod,
): Promise<PluginDurations> {
  const uid = randomUUID();
  const sandbox = {
    containerId: uid.replaceAll('-', ''),
    netns: `bench-${uid}`,
    pod: { namespace, name: `bench-${uid}`, uid },
    annotations: { 'kubernetes.io/config.source': 'api', ...annotations },
  };
  const durations = await plugins.add({ sandbox, chain });
  await plugins.del({ sandbox, chain });
  return durations;
}
