/**
 * The region daemon. `region.ts serve` runs it in the foreground; `region.ts sweep` ends everything that it ever started, whether or
 * not one runs. Both are told where they live by the variables that the command line knows (`parseSettings`).
 */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLogger } from '../base/log.ts';
import { messageOf } from '../base/error.ts';
import { writeFileAtomic } from '../base/files.ts';
import { parseSettings } from '../cli/settings.ts';
import { regionFiles } from '../cli/region-process.ts';
import { createSupply } from '../cluster/supply/supply.ts';
import { bindInNetns } from '../linux/bound-socket.ts';
import { createFabricKernel } from '../linux/fabric-kernel.ts';
import { createLoopbackForwards } from '../linux/loopback-forwards.ts';
import { deleteNetns, listNetns } from '../linux/netns.ts';
import { startLocalRegion } from '../region/local-region.ts';
import { libnftables } from '../region/machines/toolbox.ts';
import { sweep } from '../region/machines/sweep.ts';

const settings = parseSettings(process.env);
const files = regionFiles(settings);
const namespaces = join(settings.stateDir, 'netns');
const log = createLogger('region', { level: 'info' });

if (process.argv[2] === 'serve') await serve();
else if (process.argv[2] === 'sweep') {
  const kernel = { listNamespaces: listNetns, deleteNamespace: deleteNetns };
  await sweep({ stateDir: settings.stateDir, installation: settings.installation, namespaces, kernel });
  await rm(files.pid, { force: true });
} else {
  process.stderr.write('usage: region.ts serve|sweep\n');
  process.exitCode = 2;
}

async function serve(): Promise<void> {
  await writeFileAtomic(files.pid, String(process.pid));
  const supply = createSupply({ cacheDir: settings.cacheDir, repositoryDir: fileURLToPath(new URL('../..', import.meta.url)) });
  const region = await startLocalRegion({
    ...settings,
    namespaces,
    supply,
    kernel: createFabricKernel({ library: libnftables(await supply.ensureRoot('machine')) }),
    createForwards: createLoopbackForwards,
    bind: bindInNetns,
    log,
  });
  await writeFile(files.ready, '');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void region
        .stop()
        .catch((error: unknown) => log.error({ error: messageOf(error) }, 'stop failed'))
        .finally(() => process.exit(0));
    });
  }
}
