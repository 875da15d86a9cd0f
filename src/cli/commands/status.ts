import type { RegisterCommand } from '../command.ts';
import { createRegionClients } from '../aks/azure-clients.ts';
import type { Context } from '../context.ts';
import { readRegionCredentials } from '../region-credentials.ts';
import { collect } from '../aks/long-running.ts';
import { outputOption, writeTable, writeValue, type OutputFormat } from '../output.ts';
import { regionPid } from '../region-process.ts';

/** `segw status`: whether the region runs, where it answers, and its clusters. Exit code 0 in either case. */
export const registerStatus: RegisterCommand = (program, context) => {
  program
    .command('status')
    .description('show whether the local region runs, and its clusters')
    .addOption(outputOption())
    .action(async ({ output }: { readonly output: OutputFormat }) => {
      const running = context();
      const pid = await regionPid(running.settings);
      const clusters = pid === undefined ? [] : await listClusters(running);
      const { stateDir, cacheDir, armPort } = running.settings;
      const endpoint = `https://127.0.0.1:${String(armPort)}`;
      const status = { running: pid !== undefined, pid, endpoint, stateDir, cacheDir, clusters };
      if (output !== 'table') {
        writeValue(running.stdout, output, status);
        return;
      }
      writeTable(
        running.stdout,
        ['REGION', 'ENDPOINT', 'STATE FOLDER'],
        [[pid === undefined ? 'stopped' : 'running', endpoint, stateDir]],
      );
      if (clusters.length > 0) writeTable(running.stdout, ['CLUSTER', 'KUBERNETES', 'STATE', 'POOLS'], clusters.map(toRow));
    });
};

interface ClusterStatus {
  readonly name: string;
  readonly resourceGroup: string;
  readonly kubernetesVersion: string;
  readonly state: string;
  readonly pools: readonly { readonly name: string; readonly mode: string; readonly count: number }[];
}

async function listClusters(context: Context): Promise<readonly ClusterStatus[]> {
  const { containers } = await createRegionClients(await readRegionCredentials(context.settings));
  const clusters = await collect('list clusters', containers.managedClusters.list());
  return clusters.map((cluster) => ({
    name: cluster.name ?? '',
    resourceGroup: cluster.id?.split('/')[4] ?? '',
    kubernetesVersion: cluster.currentKubernetesVersion ?? '',
    state: cluster.provisioningState ?? '',
    pools: (cluster.agentPoolProfiles ?? []).map(({ name, mode = '', count = 0 }) => ({ name, mode, count })),
  }));
}

function toRow({ name, kubernetesVersion, state, pools }: ClusterStatus): readonly string[] {
  return [name, kubernetesVersion, state, pools.map((pool) => `${pool.name} (${pool.mode}, ${String(pool.count)})`).join(', ')];
}
