import { addPoolOptions, noWaitOption, poolNameOf, type PoolOptions } from '../../../aks/aks-options.ts';
import { createAzureClients } from '../../../aks/azure-clients.ts';
import { request, runToEnd } from '../../../aks/long-running.ts';
import type { RegisterCommand } from '../../../command.ts';
import type { Context } from '../../../context.ts';

type Options = PoolOptions & { readonly wait: boolean };

/** `segw aks nodepool delete` */
export const registerDelete: RegisterCommand = (program, context) => {
  addPoolOptions(program.command('delete').description('delete a node pool with its nodes'))
    .addOption(noWaitOption())
    .action(async (options: Options) => deletePool(context(), options));
};

async function deletePool(context: Context, options: Options): Promise<void> {
  const { resourceGroup, clusterName, wait } = options;
  const name = poolNameOf(options);
  const { agentPools } = (await createAzureClients(context, options)).containers;
  // A DELETE of what is not there succeeds on Azure; a misspelled name should not.
  await request(`read node pool ${name}`, async () => agentPools.get(resourceGroup, clusterName, name));
  await runToEnd(context, { title: `delete node pool ${name}`, wait }, agentPools.delete(resourceGroup, clusterName, name));
}
