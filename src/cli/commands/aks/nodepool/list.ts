import { addPoolListOptions, type PoolListOptions } from '../../../aks/aks-options.ts';
import { createAzureClients } from '../../../aks/azure-clients.ts';
import { collect } from '../../../aks/long-running.ts';
import { writePools } from '../../../aks/pool-table.ts';
import type { RegisterCommand } from '../../../command.ts';

/** `segw aks nodepool list` */
export const registerList: RegisterCommand = (program, context) => {
  addPoolListOptions(program.command('list').description('list the node pools of a cluster')).action(
    async (options: PoolListOptions) => {
      const { resourceGroup, clusterName, output } = options;
      const { containers } = await createAzureClients(context(), options);
      const title = `list the node pools of cluster ${clusterName}`;
      const pools = await collect(title, containers.agentPools.list(resourceGroup, clusterName));
      writePools(context().stdout, output, pools);
    },
  );
};
