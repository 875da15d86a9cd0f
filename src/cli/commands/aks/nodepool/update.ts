import { SegwError } from '../../../../base/error.ts';
import {
  addPoolOptions,
  noWaitOption,
  parseMode,
  parsePairs,
  parseTaints,
  poolNameOf,
  type PoolOptions,
} from '../../../aks/aks-options.ts';
import { createAzureClients } from '../../../aks/azure-clients.ts';
import { changedPool, type UpdatePoolFlags } from '../../../aks/desired-pool.ts';
import { request, runToEnd } from '../../../aks/long-running.ts';
import { writePool } from '../../../aks/pool-table.ts';
import type { RegisterCommand } from '../../../command.ts';
import type { Context } from '../../../context.ts';

type Options = PoolOptions &
  Omit<UpdatePoolFlags, 'labels' | 'tags'> & {
    readonly labels?: readonly string[];
    readonly tags?: readonly string[];
    readonly wait: boolean;
  };

/** `segw aks nodepool update` */
export const registerUpdate: RegisterCommand = (program, context) => {
  addPoolOptions(program.command('update').description('change a node pool; its size: nodepool scale'))
    .option('--mode <mode>', 'system or user', parseMode)
    .option('--labels <name=value...>', 'replaces the labels of the nodes')
    .option('--node-taints <taints>', 'replaces the taints of the nodes', parseTaints)
    .option('--tags <name=value...>', 'replaces all tags')
    .addOption(noWaitOption())
    .action(async (options: Options) => updatePool(context(), options));
};

async function updatePool(context: Context, options: Options): Promise<void> {
  const { resourceGroup, clusterName, mode, labels, nodeTaints, tags, wait, output } = options;
  const name = poolNameOf(options);
  const flags: UpdatePoolFlags = {
    ...(mode === undefined ? {} : { mode }),
    ...(labels === undefined ? {} : { labels: parsePairs(labels, '--labels') }),
    ...(nodeTaints === undefined ? {} : { nodeTaints }),
    ...(tags === undefined ? {} : { tags: parsePairs(tags, '--tags') }),
  };
  if (Object.keys(flags).length === 0) {
    throw new SegwError('InvalidInput', 'nothing to change is given', {
      remedy: 'Give --mode, --labels, --node-taints or --tags; the number of nodes is changed by segw aks nodepool scale.',
    });
  }
  const { agentPools } = (await createAzureClients(context, options)).containers;
  const before = await request(`read node pool ${name}`, async () => agentPools.get(resourceGroup, clusterName, name));
  const poller = agentPools.createOrUpdate(resourceGroup, clusterName, name, changedPool(before, flags));
  const pool = await runToEnd(context, { title: `update node pool ${name}`, wait }, poller);
  if (pool !== undefined) writePool(context.stdout, output, pool);
}
