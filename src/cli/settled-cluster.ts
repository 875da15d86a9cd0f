import type { ManagedCluster } from '@azure/arm-containerservice';
import { pollUntil } from '../base/poll.ts';
import { inStep } from '../base/progress.ts';
import type { AzureClients } from './aks/azure-clients.ts';
import { isAbsent } from './aks/azure-error.ts';
import { request } from './aks/long-running.ts';
import type { Context } from './context.ts';
import { localDefaults as names } from './local-defaults.ts';
import { createProgress } from './progress.ts';

const operationTimeoutMs = 600_000;
const finalStates: ReadonlySet<string> = new Set(['Succeeded', 'Failed', 'Canceled']);

/**
 * The cluster of `segw up`, or `undefined`; after the end of what an interrupted `up`, or another command beside this one, has begun on
 * it: until then the service refuses changes.
 */
export async function settledCluster({ stderr, signal }: Context, clients: AzureClients): Promise<ManagedCluster | undefined> {
  const found = await findCluster(clients);
  const running = operationOn(found);
  if (running === undefined) return found;
  return inStep(
    createProgress(stderr),
    `wait for the end of the operation on cluster ${names.cluster} (${running})`,
    async () => {
      const settled = await pollUntil(
        `the operation on cluster ${names.cluster} ends`,
        async (note) => {
          const cluster = await findCluster(clients);
          const state = operationOn(cluster);
          note(state ?? '');
          return state === undefined ? { cluster } : undefined;
        },
        { timeoutMs: operationTimeoutMs, intervalMs: 1000, signal },
      );
      return settled.cluster;
    },
  );
}

async function findCluster({ containers }: AzureClients): Promise<ManagedCluster | undefined> {
  return request('look for the cluster', async () => {
    try {
      return await containers.managedClusters.get(names.resourceGroup, names.cluster);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  });
}

/** The state of the cluster, or of a pool, that is not a final one: Creating, Updating, Deleting, ... */
function operationOn(cluster: ManagedCluster | undefined): string | undefined {
  if (cluster === undefined) return undefined;
  const states = [cluster, ...(cluster.agentPoolProfiles ?? [])].map(({ provisioningState }) => provisioningState);
  return states.find((state) => state !== undefined && !finalStates.has(state));
}
