import type { RegisterCommand } from '../command.ts';
import { createRegionClients } from '../aks/azure-clients.ts';
import type { Context } from '../context.ts';
import { silentRegionRemedy } from '../region-answer.ts';
import type { RegionCredentials } from '../region-credentials.ts';
import { collect } from '../aks/long-running.ts';
import { outputOption, writeTable, writeValue, type OutputFormat } from '../output.ts';
import { observeRegion } from '../region-state.ts';

/** `segw status`: whether the region runs, where it answers, and its clusters. Exit code 0 in either case. */
export const registerStatus: RegisterCommand = (program, context) => {
  program
    .command('status')
    .description('show whether the local region runs, and its clusters')
    .addOption(outputOption())
    .action(async ({ output }: { readonly output: OutputFormat }) => {
      const running = context();
      const { stateDir, cacheDir, armPort } = running.settings;
      const region = await observeRegion(running.settings);
      const clusters = region.state === 'running' ? await listClusters(running, region.credentials) : [];
      const endpoint = region.state === 'running' ? region.credentials.armEndpoint : `https://127.0.0.1:${String(armPort)}`;
      if (region.state === 'silent') running.stderr.write(`The region does not answer: ${region.why}. ${silentRegionRemedy}\n`);
      if (output === 'table') {
        writeTable(running.stdout, ['REGION', 'ENDPOINT', 'STATE FOLDER'], [[region.state, endpoint, stateDir]]);
        if (clusters.length > 0) writeTable(running.stdout, ['CLUSTER', 'KUBERNETES', 'STATE', 'POOLS'], clusters.map(toRow));
        return;
      }
      const { state } = region;
      const pid = region.state === 'stopped' ? undefined : region.pid;
      writeValue(running.stdout, output, { running: state !== 'stopped', state, pid, endpoint, stateDir, cacheDir, clusters });
    });
};

interface ClusterStatus {
  readonly name: string;
  readonly resourceGroup: string;
  readonly kubernetesVersion: string;
  readonly state: string;
  readonly pools: readonly { readonly name: string; readonly mode: string; readonly count: number }[];
}

async function listClusters({ signal }: Context, credentials: RegionCredentials): Promise<readonly ClusterStatus[]> {
  const { containers } = await createRegionClients(credentials, { signal });
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
