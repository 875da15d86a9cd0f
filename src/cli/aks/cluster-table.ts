import type { ManagedCluster } from '@azure/arm-containerservice';
import type { Writable } from 'node:stream';
import { type OutputFormat, writeTable, writeValue } from '../output.ts';

const head = ['NAME', 'RESOURCE GROUP', 'LOCATION', 'KUBERNETES', 'STATE', 'EGRESS GATEWAY', 'POOLS'];

/** One cluster: a line of the table, or the object. */
export function writeCluster(stdout: Writable, format: OutputFormat, cluster: ManagedCluster): void {
  if (format === 'table') writeTable(stdout, head, [toRow(cluster)]);
  else writeValue(stdout, format, cluster);
}

export function writeClusters(stdout: Writable, format: OutputFormat, clusters: readonly ManagedCluster[]): void {
  if (format === 'table') writeTable(stdout, head, clusters.map(toRow));
  else writeValue(stdout, format, clusters);
}

function toRow(cluster: ManagedCluster): readonly string[] {
  return [
    cluster.name ?? '',
    cluster.id?.split('/')[4] ?? '',
    cluster.location,
    cluster.currentKubernetesVersion ?? cluster.kubernetesVersion ?? '',
    cluster.provisioningState ?? '',
    cluster.networkProfile?.staticEgressGatewayProfile?.enabled === true ? 'enabled' : 'disabled',
    (cluster.agentPoolProfiles ?? []).map(({ name, count = 0 }) => `${name}(${String(count)})`).join(' '),
  ];
}
