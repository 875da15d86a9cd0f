import { SegwError } from '../../../base/error.ts';
import { addClusterOptions, type ClusterOptions, noWaitOption, parseInteger, parsePairs } from '../../aks/aks-options.ts';
import { type AzureClients, createAzureClients } from '../../aks/azure-clients.ts';
import { isAbsent } from '../../aks/azure-error.ts';
import { writeCluster } from '../../aks/cluster-table.ts';
import { type CreateFlags, desiredCluster } from '../../aks/desired-cluster.ts';
import { request, runToEnd } from '../../aks/long-running.ts';
import { grantSubnet } from '../../aks/subnet-role.ts';
import type { RegisterCommand } from '../../command.ts';
import type { Context } from '../../context.ts';

type Options = ClusterOptions &
  Omit<CreateFlags, 'tags'> & { readonly location?: string; readonly tags?: readonly string[]; readonly wait: boolean };

/** `segw aks create` */
export const registerCreate: RegisterCommand = (program, context) => {
  addClusterOptions(program.command('create').description('create a managed cluster'))
    .option('-l, --location <location>', 'default: that of the resource group')
    .option('-c, --node-count <number>', 'nodes of the first pool', parseInteger, 3)
    .option('-s, --node-vm-size <size>', 'machine size of the first pool')
    .option('--nodepool-name <pool>', 'name of the first pool', 'nodepool1')
    .option('--enable-static-egress-gateway', 'let the cluster have gateway node pools')
    .option('-k, --kubernetes-version <version>')
    .option('--pod-cidr <cidr>')
    .option('--service-cidr <cidr>')
    .option('--dns-service-ip <address>')
    .option(
      '--vnet-subnet-id <id>',
      'the subnet of the nodes, in which the cluster becomes Network Contributor (not with --no-wait); default: a network of its own',
    )
    .option('--tags <name=value...>')
    .addOption(noWaitOption())
    .action(async (options: Options) => createCluster(context(), options));
};

async function createCluster(context: Context, options: Options): Promise<void> {
  const clients = await createAzureClients(context, options);
  await refuseExisting(clients, options);
  const location = options.location ?? (await groupLocation(clients, options));
  const { tags, ...flags } = options;
  const body = desiredCluster({ ...flags, ...(tags === undefined ? {} : { tags: parsePairs(tags, '--tags') }) }, location);
  const poller = clients.containers.managedClusters.createOrUpdate(options.resourceGroup, options.name, body);
  const cluster = await runToEnd(context, { title: `create cluster ${options.name}`, wait: options.wait }, poller);
  if (cluster === undefined) return;
  if (options.vnetSubnetId !== undefined) await grantSubnet(clients, cluster, options.vnetSubnetId);
  writeCluster(context.stdout, options.output, cluster);
}

/** As az does: a second `create` must not change what there is. */
async function refuseExisting({ containers }: AzureClients, { name, resourceGroup }: Options): Promise<void> {
  const isThere = await request(`look for cluster ${name}`, async () => {
    try {
      await containers.managedClusters.get(resourceGroup, name);
      return true;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  });
  if (!isThere) return;
  throw new SegwError('AlreadyExists', `The cluster '${name}' under resource group '${resourceGroup}' already exists.`, {
    remedy: `Change it with segw aks update -g ${resourceGroup} -n ${name}, or delete it first.`,
  });
}

async function groupLocation({ resources }: AzureClients, { resourceGroup }: Options): Promise<string> {
  const group = await request(`read resource group ${resourceGroup}`, async () => resources.resourceGroups.get(resourceGroup));
  return group.location;
}
