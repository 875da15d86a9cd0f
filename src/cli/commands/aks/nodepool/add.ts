import { SegwError } from '../../../../base/error.ts';
import {
  addPoolOptions,
  noWaitOption,
  parseInteger,
  parseMode,
  parsePairs,
  parseTaints,
  poolNameOf,
  type PoolOptions,
} from '../../../aks/aks-options.ts';
import { createAzureClients } from '../../../aks/azure-clients.ts';
import { type AddPoolFlags, desiredPool } from '../../../aks/desired-pool.ts';
import { collect, runToEnd } from '../../../aks/long-running.ts';
import { writePool } from '../../../aks/pool-table.ts';
import type { RegisterCommand } from '../../../command.ts';
import type { Context } from '../../../context.ts';

type Options = PoolOptions &
  Omit<AddPoolFlags, 'labels' | 'tags'> & {
    readonly labels?: readonly string[];
    readonly tags?: readonly string[];
    readonly wait: boolean;
  };

/** `segw aks nodepool add` */
export const registerAdd: RegisterCommand = (program, context) => {
  addPoolOptions(program.command('add').description('add a node pool; --mode gateway makes it a gateway pool'))
    .option('--mode <mode>', 'system, user or gateway', parseMode, 'User')
    .option('-c, --node-count <number>', 'nodes; a gateway pool has 2 to 2^(32 - prefix size) of them', parseInteger, 3)
    .option('--gateway-prefix-size <size>', 'of a gateway pool: 28 to 31, default 31', parseInteger)
    .option('-s, --node-vm-size <size>', 'machine size')
    .option('--vnet-subnet-id <id>', 'subnet of the nodes; default: that of the cluster')
    .option('--labels <name=value...>', 'labels of the nodes')
    .option('--node-taints <taints>', 'such as key=value:NoSchedule, separated by commas', parseTaints)
    .option('--tags <name=value...>')
    .addOption(noWaitOption())
    .action(async (options: Options) => addPool(context(), options));
};

async function addPool(context: Context, options: Options): Promise<void> {
  const { resourceGroup, clusterName, labels, tags, ...flags } = options;
  const pool = poolNameOf(options);
  const body = desiredPool({
    ...flags,
    ...(labels === undefined ? {} : { labels: parsePairs(labels, '--labels') }),
    ...(tags === undefined ? {} : { tags: parsePairs(tags, '--tags') }),
  });
  const { agentPools } = (await createAzureClients(context, options)).containers;
  const existing = await collect(`list the node pools of cluster ${clusterName}`, agentPools.list(resourceGroup, clusterName));
  if (existing.some(({ name }) => name === pool)) {
    throw new SegwError('AlreadyExists', `Node pool ${pool} already exists, please try a different name.`, {
      remedy: 'segw aks nodepool list shows the pools, segw aks nodepool update and scale change one.',
    });
  }
  const poller = agentPools.createOrUpdate(resourceGroup, clusterName, pool, body);
  const made = await runToEnd(context, { title: `add node pool ${pool}`, wait: options.wait }, poller);
  if (made !== undefined) writePool(context.stdout, options.output, made);
}
