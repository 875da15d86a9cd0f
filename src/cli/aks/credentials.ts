import { SegwError } from '../../base/error.ts';
import type { AzureClients } from './azure-clients.ts';
import { request } from './long-running.ts';

interface ClusterPlace {
  readonly resourceGroup: string;
  readonly name: string;
}

/** A cluster's kubeconfig as the service gives it out, YAML: with keys inside. Throws `NotFound` when it gives none. */
export async function readKubeconfig(
  { containers: { managedClusters } }: Pick<AzureClients, 'containers'>,
  { resourceGroup, name }: ClusterPlace,
  user: 'user' | 'admin',
): Promise<string> {
  const { kubeconfigs } = await request(`get credentials of cluster ${name}`, async () =>
    user === 'admin'
      ? managedClusters.listClusterAdminCredentials(resourceGroup, name)
      : managedClusters.listClusterUserCredentials(resourceGroup, name),
  );
  const value = kubeconfigs?.[0]?.value;
  if (value === undefined) throw new SegwError('NotFound', `cluster ${name} gives out no ${user} credentials`);
  return Buffer.from(value).toString('utf8');
}
