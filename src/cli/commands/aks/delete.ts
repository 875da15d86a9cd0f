import { SegwError } from '../../../base/error.ts';
import { addClusterOptions, type ClusterOptions, noWaitOption } from '../../aks/aks-options.ts';
import { createAzureClients } from '../../aks/azure-clients.ts';
import { runToEnd } from '../../aks/long-running.ts';
import type { RegisterCommand } from '../../command.ts';
import type { Context } from '../../context.ts';

type Options = ClusterOptions & { readonly yes?: boolean; readonly wait: boolean };

/** `segw aks delete` */
export const registerDelete: RegisterCommand = (program, context) => {
  addClusterOptions(program.command('delete').description('delete a managed cluster with everything that belongs to it'))
    .option('-y, --yes', 'really')
    .addOption(noWaitOption())
    .action(async (options: Options) => deleteCluster(context(), options));
};

async function deleteCluster(context: Context, options: Options): Promise<void> {
  const { resourceGroup, name, yes = false, wait } = options;
  if (!yes) {
    throw new SegwError('InvalidInput', `cluster ${name} would be deleted, with its nodes, pods and addresses`, {
      remedy: 'Repeat the command with --yes when that is what you want.',
    });
  }
  const { containers } = await createAzureClients(context, options);
  await runToEnd(context, { title: `delete cluster ${name}`, wait }, containers.managedClusters.delete(resourceGroup, name));
}
