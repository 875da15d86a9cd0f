import { messageOf } from '../../base/error.ts';
import type { Logger } from '../../base/log.ts';
import { idKey } from './ids.ts';
import { type Found, scopeOf } from './operation-begin.ts';
import type { OperationRunner } from './operation-runner.ts';
import type { ProviderTable } from './provider-table.ts';
import type { OperationContext, ResourceProvider } from './resource-provider.ts';
import type { ResourceStore } from './store.ts';

interface RestorationOptions {
  readonly table: ProviderTable;
  readonly store: ResourceStore;
  readonly runner: OperationRunner;
  readonly log: Logger;
  readonly contextFor: (found: Found, signal: AbortSignal) => OperationContext;
}

/**
 * Runs `restore` of all resources but those with these ids (as `idKey` gives them), in the order of the table. Their scopes are held from
 * the call on: what is begun later finds them restored. Never rejects.
 */
export async function restoreAll(options: RestorationOptions, except: ReadonlySet<string>): Promise<void> {
  const { table, store, runner } = options;
  let before: Promise<unknown> = Promise.resolve();
  for (const provider of table.providers.filter((one) => one.restore !== undefined)) {
    const previous = before;
    const own = store
      .list(provider.type)
      .filter(({ id }) => !except.has(idKey(id)))
      .map(async ({ id }) =>
        runner.inTurn({ resourceId: id, scope: scopeOf(provider, id) }, async (signal) => {
          await previous;
          await restoreOne(options, { id, provider }, signal);
        }),
      );
    before = Promise.all([previous, ...own]);
  }
  await before;
}

async function restoreOne(
  { store, log, contextFor }: RestorationOptions,
  { id, provider }: { readonly id: string; readonly provider: ResourceProvider },
  signal: AbortSignal,
): Promise<void> {
  const resource = store.get(id);
  if (signal.aborted || resource === undefined || resource.provisioningState === 'Deleting') return;
  try {
    await provider.restore?.(contextFor({ resource, provider }, signal));
  } catch (error) {
    log.warn({ resource: id, error: messageOf(error) }, 'resource did not come back');
  }
}
