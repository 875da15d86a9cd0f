/**
 * The region daemon. `region.ts serve STATE_DIR` runs it in the foreground; `region.ts sweep STATE_DIR` ends everything that it ever
 * started, whether or not one runs. The other places are told by the variables that the command line knows (`parseSettings`); the state
 * folder is an argument, so that a daemon is known in the process list.
 */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLogger } from '../base/log.ts';
import { messageOf, SegwError } from '../base/error.ts';
import { parseSettings, type Settings } from '../cli/settings.ts';
import { toHostFault } from '../cli/host-fault.ts';
import { regionFiles } from '../cli/region-files.ts';
import { regionProcesses } from '../cli/region-processes.ts';
import { createSupply } from '../cluster/supply/supply.ts';
import { bindInNetns } from '../linux/bound-socket.ts';
import { createFabricKernel } from '../linux/fabric-kernel.ts';
import { freeInotifyInstances } from '../linux/inotify.ts';
import { createLoopbackForwards } from '../linux/loopback-forwards.ts';
import { connectInNetns } from '../linux/netns-connection.ts';
import { deleteNetns, listNetns } from '../linux/netns.ts';
import { startLocalRegion } from '../region/local-region.ts';
import { libnftables } from '../region/machines/toolbox.ts';
import { sweep } from '../region/machines/sweep.ts';

const [verb, stateDir] = process.argv.slice(2);
const log = createLogger('region', { level: 'info' });

if (stateDir === undefined || (verb !== 'serve' && verb !== 'sweep')) {
  process.stderr.write('usage: region.ts serve|sweep STATE_DIR\n');
  process.exitCode = 2;
} else {
  const settings = parseSettings({ ...process.env, SEGW_STATE_DIR: stateDir });
  await (verb === 'serve' ? serveOrSayWhy(settings) : sweepAll(settings));
}

async function sweepAll(settings: Settings): Promise<void> {
  const kernel = { listNamespaces: listNetns, deleteNamespace: deleteNetns };
  await sweep({ ...settings, namespaces: namespacesOf(settings), kernel });
  await rm(regionFiles(settings).ready, { force: true });
}

/** The last line of the log is then the reason, for the command that waits (`toRegionFailure`). */
async function serveOrSayWhy(settings: Settings): Promise<void> {
  try {
    await serve(settings);
  } catch (thrown) {
    const fault = toHostFault(thrown, settings);
    const error = fault instanceof SegwError ? fault : new SegwError('RegionFailed', messageOf(fault), { cause: fault });
    log.fatal(
      { code: error.code, remedy: error.remedy, stack: thrown instanceof Error ? thrown.stack : undefined },
      error.message,
    );
    process.exit(1);
  }
}

async function serve(settings: Settings): Promise<void> {
  const others = (await regionProcesses(settings)).filter((id) => id !== process.pid);
  if (others.length > 0) throw new SegwError('RegionFailed', `process ${others.join(', ')} serves ${settings.stateDir} already`);
  const supply = createSupply({ cacheDir: settings.cacheDir, repositoryDir: fileURLToPath(new URL('../..', import.meta.url)) });
  const region = await startLocalRegion({
    ...settings,
    namespaces: namespacesOf(settings),
    supply,
    kernel: createFabricKernel({ library: libnftables(await supply.ensureRoot('machine')) }),
    createForwards: createLoopbackForwards,
    bind: bindInNetns,
    connect: connectInNetns,
    freeFileWatchers: freeInotifyInstances,
    log,
  });
  await writeFile(regionFiles(settings).ready, '');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void region
        .stop()
        .catch((error: unknown) => log.error({ error: messageOf(error) }, 'stop failed'))
        .finally(() => process.exit(0));
    });
  }
}

function namespacesOf(settings: Pick<Settings, 'stateDir'>): string {
  return join(settings.stateDir, 'netns');
}
