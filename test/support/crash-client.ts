import { parseResourceId } from '../../src/region/arm/ids.ts';
import type { Operation } from '../../src/region/arm/operations.ts';
import type { Region } from '../../src/region/region.ts';

const setType = 'Microsoft.Compute/virtualMachineScaleSets';

/** Requests to a region, past HTTP; paths are below the resource group `rg`. */
export interface CrashClient {
  id(path: string): string;
  put(path: string, body: object): Promise<Operation | undefined>;
  remove(path: string): Promise<Operation | undefined>;
  act(path: string, action: string, body?: object): Promise<Operation | undefined>;
  /** Path of the scale set of the cluster's pool, which lies in another group. */
  poolSet(): string;
}

export function crashClient({ manager, credentials }: Region): CrashClient {
  const id = (path: string): string =>
    path.startsWith('/subscriptions/') ? path : `/subscriptions/${credentials.subscriptionId}/resourceGroups/rg${path}`;
  return {
    id,
    put: async (path, body) => manager.put({ id: parseResourceId(id(path), 'id'), body }).operation,
    async remove(path) {
      const outcome = await manager.remove(parseResourceId(id(path), 'id'), {});
      return typeof outcome === 'string' ? undefined : outcome;
    },
    async act(path, action, body) {
      const outcome = await manager.act(parseResourceId(id(path), 'id'), action, { body, query: {} });
      return 'operation' in outcome ? outcome.operation : undefined;
    },
    poolSet: () => manager.store.list(setType).find(({ name }) => name.startsWith('aks-'))?.id ?? '',
  };
}

/** The end of an operation. Throws what it failed with. */
export async function done({ manager }: Region, operation: Operation | undefined): Promise<void> {
  for (;;) {
    const now = operation && manager.operation(operation.id);
    if (now?.error !== undefined) throw new Error(`${now.kind} ${now.resourceId}: ${now.error.message}`);
    if (now?.status !== 'InProgress') return;
    await new Promise(setImmediate);
  }
}
