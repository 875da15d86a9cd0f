import { addClusterOptions, type ClusterOptions } from '../../aks/aks-options.ts';
import { createAzureClients } from '../../aks/azure-clients.ts';
import { writeCluster } from '../../aks/cluster-table.ts';
import { request } from '../../aks/long-running.ts';
import type { RegisterCommand } from '../../command.ts';

/** `segw aks show` */
export const registerShow: RegisterCommand = (program, context) => {
  addClusterOptions(program.command('show').description('show a managed cluster')).action(async (options: ClusterOptions) => {
    const { resourceGroup, name, output } = options;
    const { containers } = await createAzureClients(context(), options);
    const cluster = await request(`read cluster ${name}`, async () => containers.managedClusters.get(resourceGroup, name));
    writeCluster(context().stdout, output, cluster);
  });
};
