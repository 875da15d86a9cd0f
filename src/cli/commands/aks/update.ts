import { Option } from 'commander';
import { SegwError } from '../../../base/error.ts';
import { addClusterOptions, type ClusterOptions, noWaitOption, parsePairs } from '../../aks/aks-options.ts';
import { createAzureClients } from '../../aks/azure-clients.ts';
import { writeCluster } from '../../aks/cluster-table.ts';
import { changedCluster, type UpdateFlags } from '../../aks/desired-cluster.ts';
import { request, runToEnd } from '../../aks/long-running.ts';
import type { RegisterCommand } from '../../command.ts';
import type { Context } from '../../context.ts';

type Options = ClusterOptions & Omit<UpdateFlags, 'tags'> & { readonly tags?: readonly string[]; readonly wait: boolean };

/** `segw aks update` */
export const registerUpdate: RegisterCommand = (program, context) => {
  addClusterOptions(program.command('update').description('change a managed cluster'))
    .option('--enable-static-egress-gateway', 'let the cluster have gateway node pools')
    .addOption(
      new Option('--disable-static-egress-gateway', 'only when it has no gateway node pool').conflicts(
        'enableStaticEgressGateway',
      ),
    )
    .option('--tags <name=value...>', 'replaces all tags')
    .addOption(noWaitOption())
    .action(async (options: Options) => updateCluster(context(), options));
};

async function updateCluster(context: Context, options: Options): Promise<void> {
  const { resourceGroup, name, tags, ...flags } = options;
  if (tags === undefined && flags.enableStaticEgressGateway !== true && flags.disableStaticEgressGateway !== true) {
    throw new SegwError('InvalidInput', 'nothing to change is given', {
      remedy: 'Give --enable-static-egress-gateway, --disable-static-egress-gateway or --tags.',
    });
  }
  const { managedClusters } = (await createAzureClients(context, options)).containers;
  const before = await request(`read cluster ${name}`, async () => managedClusters.get(resourceGroup, name));
  const body = changedCluster(before, { ...flags, ...(tags === undefined ? {} : { tags: parsePairs(tags, '--tags') }) });
  const poller = managedClusters.createOrUpdate(resourceGroup, name, body);
  const cluster = await runToEnd(context, { title: `update cluster ${name}`, wait: options.wait }, poller);
  if (cluster !== undefined) writeCluster(context.stdout, options.output, cluster);
}
