import { addPoolOptions, poolNameOf, type PoolOptions } from '../../../aks/aks-options.ts';
import { createAzureClients } from '../../../aks/azure-clients.ts';
import { request } from '../../../aks/long-running.ts';
import { writePool } from '../../../aks/pool-table.ts';
import type { RegisterCommand } from '../../../command.ts';

/** `segw aks nodepool show` */
export const registerShow: RegisterCommand = (program, context) => {
  addPoolOptions(program.command('show').description('show a node pool')).action(async (options: PoolOptions) => {
    const { resourceGroup, clusterName, output } = options;
    const name = poolNameOf(options);
    const { containers } = await createAzureClients(context(), options);
    const pool = await request(`read node pool ${name}`, async () => containers.agentPools.get(resourceGroup, clusterName, name));
    writePool(context().stdout, output, pool);
  });
};
