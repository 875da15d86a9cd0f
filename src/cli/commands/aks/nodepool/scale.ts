import { addPoolOptions, noWaitOption, parseInteger, poolNameOf, type PoolOptions } from '../../../aks/aks-options.ts';
import { createAzureClients } from '../../../aks/azure-clients.ts';
import { request, runToEnd } from '../../../aks/long-running.ts';
import { writePool } from '../../../aks/pool-table.ts';
import type { RegisterCommand } from '../../../command.ts';
import type { Context } from '../../../context.ts';

type Options = PoolOptions & { readonly nodeCount: number; readonly wait: boolean };

/** `segw aks nodepool scale` */
export const registerScale: RegisterCommand = (program, context) => {
  addPoolOptions(program.command('scale').description('change the number of nodes of a pool'))
    .option('-c, --node-count <number>', 'nodes; a gateway pool has 2 to 2^(32 - prefix size) of them', parseInteger, 3)
    .addOption(noWaitOption())
    .action(async (options: Options) => scalePool(context(), options));
};

async function scalePool(context: Context, options: Options): Promise<void> {
  const { resourceGroup, clusterName, nodeCount, output, wait } = options;
  const name = poolNameOf(options);
  const { agentPools } = (await createAzureClients(context, options)).containers;
  const before = await request(`read node pool ${name}`, async () => agentPools.get(resourceGroup, clusterName, name));
  const poller = agentPools.createOrUpdate(resourceGroup, clusterName, name, { ...before, count: nodeCount });
  const title = `scale node pool ${name} from ${String(before.count ?? 0)} to ${String(nodeCount)} nodes`;
  const pool = await runToEnd(context, { title, wait }, poller);
  if (pool !== undefined) writePool(context.stdout, output, pool);
}
