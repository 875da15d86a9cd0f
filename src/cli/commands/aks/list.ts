import { addCloudOptions, type ResultOptions } from '../../aks/aks-options.ts';
import { createAzureClients } from '../../aks/azure-clients.ts';
import { writeClusters } from '../../aks/cluster-table.ts';
import { collect } from '../../aks/long-running.ts';
import type { RegisterCommand } from '../../command.ts';

type Options = ResultOptions & { readonly resourceGroup?: string };

/** `segw aks list` */
export const registerList: RegisterCommand = (program, context) => {
  addCloudOptions(program.command('list').description('list the managed clusters of the subscription'))
    .option('-g, --resource-group <group>', 'only those of this group')
    .action(async (options: Options) => {
      const { managedClusters } = (await createAzureClients(context(), options)).containers;
      const group = options.resourceGroup;
      const pages = group === undefined ? managedClusters.list() : managedClusters.listByResourceGroup(group);
      writeClusters(context().stdout, options.output, await collect('list clusters', pages));
    });
};
