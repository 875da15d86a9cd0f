import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../base/log.ts';
import { ArmError } from './errors.ts';
import { checkPreconditions, type Preconditions } from './etag.ts';
import { formatResourceId, idKey, isUnder, parentOf, parseResourceId, type ResourceId, sameId, typeOf } from './ids.ts';
import { beginAction, beginProvision, beginRemoval, type Found, findByName, scopeOf } from './operation-begin.ts';
import { createOperationContexts } from './operation-context.ts';
import { createOperationRunner, type OperationRunner } from './operation-runner.ts';
import { busyIn, type Operation, type OperationStore } from './operations.ts';
import type { ProviderTable } from './provider-table.ts';
import { resourceNotFound } from './resource-errors.ts';
import type { ActionInput, ResourceProvider, WireResource } from './resource-provider.ts';
import type { JsonObject, StoredResource } from './resource.ts';
import { type PutInput, removeSubtree, storePut } from './resource-writes.ts';
import type { ResourceStore } from './store.ts';

/** Everything that can be done to resources, apart from HTTP. Rejects or throws with ArmError; what a call decides, it decides in one tick. */
export interface ResourceManager {
  readonly table: ProviderTable;
  readonly store: ResourceStore;
  /** Throws 404. */
  get(id: ResourceId): Found;
  put(input: PutInput): { readonly resource: StoredResource; readonly isNew: boolean; readonly operation: Operation | undefined };
  /** `absent`: there was none. `removed`: gone at once. */
  remove(id: ResourceId, preconditions: Preconditions): Promise<Operation | 'absent' | 'removed'>;
  act(
    id: ResourceId,
    name: string,
    input: Required<ActionInput>,
  ): Promise<{ readonly reply: JsonObject } | { readonly operation: Operation }>;
  operation(id: string): Operation | undefined;
  /** Wire form, with what every resource has. */
  toWire(resource: StoredResource): WireResource;
  /** Takes up interrupted operations, and lets run again what should be running. */
  start(): void;
  stop(): Promise<void>;
}

/** A cluster that does not come back holds up what has nothing to do with it no longer than this. */
const restorationLimitMs = 30_000;

/** How long a DELETE may wait for the answer of whom it asks. */
const usersTimeoutMs = 5000;

interface ManagerOptions {
  readonly table: ProviderTable;
  readonly store: ResourceStore;
  readonly operations: OperationStore;
  readonly now: () => Date;
  readonly log: Logger;
}

export function createResourceManager({ table, store, operations, now, log }: ManagerOptions): ResourceManager {
  const runner: OperationRunner = createOperationRunner({
    operations,
    now,
    log,
    execute: async (operation, signal) => contexts.execute(operation, signal),
    settle: settleInto({ store, operations }),
  });
  const contexts = createOperationContexts({ table, store, operations, runner, log });

  const find = (id: ResourceId): Found => findResource({ table, store }, id);

  return {
    table,
    store,
    get: find,
    put(input) {
      refuseIfBusy(operations, input.id, table.require(typeOf(input.id)));
      return store.transaction(() => {
        const { resource, provider, isNew, isLongRunning } = storePut({ store, table }, input);
        return { resource, isNew, operation: isLongRunning ? beginProvision(runner, { resource, provider }) : undefined };
      });
    },
    remove: async (id, preconditions) => removeResource({ table, store, operations, runner }, id, preconditions),
    async act(id, name, input) {
      const { resource, provider } = find(id);
      const [actionName, action] = findByName(provider.actions, name) ?? unknownAction(name, provider);
      if (action.kind === 'reply') return { reply: await action.run(contexts.forReply({ resource, provider }), input) };
      refuseIfBusy(operations, id, provider);
      action.validate?.(input, resource, store);
      return { operation: beginAction(runner, { resource, provider }, { kind: 'action', name: actionName, input }) };
    },
    operation: (id) => operations.find(id),
    toWire: (resource) => toWire(table.require(resource.type), resource, store),
    start() {
      // Operations that go on find the world as they left it: also the API server that a node is taken out of.
      const restored = contexts.restore(operations.running().map(({ resourceId }) => idKey(resourceId)));
      runner.resume(Promise.race([restored, sleep(restorationLimitMs, undefined, { ref: false })]));
    },
    async stop() {
      await Promise.all([contexts.stop(), runner.stop()]);
    },
  };
}

function refuseIfBusy(operations: OperationStore, id: ResourceId, provider: ResourceProvider): void {
  if (provider.refuseWhileBusy === undefined) return;
  const running = busyIn(operations, scopeOf(provider, formatResourceId(id)));
  if (running !== undefined) throw provider.refuseWhileBusy(running);
}

type RemovalParts = Pick<ManagerOptions, 'table' | 'store' | 'operations'> & { readonly runner: OperationRunner };

async function removeResource(
  parts: RemovalParts,
  id: ResourceId,
  preconditions: Preconditions,
): Promise<Operation | 'absent' | 'removed'> {
  const { table, store, operations } = parts;
  const provider = table.require(typeOf(id));
  const removable = (): StoredResource | undefined => {
    const resource = store.get(formatResourceId(id));
    if (resource?.provisioningState !== 'Deleting') refuseIfBusy(operations, id, provider);
    if (resource !== undefined) checkPreconditions(preconditions, resource);
    return resource;
  };
  const before = removable();
  if (before !== undefined && before.provisioningState !== 'Deleting')
    await provider.checkUsers?.(before, store, AbortSignal.timeout(usersTimeoutMs));
  // What was so before the wait need not be so after it.
  const resource = removable();
  return resource === undefined ? 'absent' : beginRemoval(parts, { resource, provider });
}

function findResource({ table, store }: Pick<ManagerOptions, 'table' | 'store'>, id: ResourceId): Found {
  const provider = table.require(typeOf(id));
  const resource = store.get(formatResourceId(id));
  if (resource === undefined) throw resourceNotFound(id, { isFlat: provider.errorShape === 'flat' });
  return { resource, provider };
}

interface Stores {
  readonly store: ResourceStore;
  readonly operations: OperationStore;
}

/** Writes down how an operation ended, and what that means for its resource. */
function settleInto({ store, operations }: Stores): (operation: Operation) => void {
  return (operation) => {
    store.transaction(() => {
      operations.put(operation);
      const resource = store.get(operation.resourceId);
      if (resource === undefined || operation.task.kind === 'action') return;
      if (operation.task.kind === 'deprovision' && operation.status === 'Succeeded') removeSubtree(store, resource.id);
      else settleResource({ store, operations }, resource, operation.status === 'Succeeded' ? 'Succeeded' : 'Failed');
    });
  };
}

/** The resource and its children that came with it, but those for which another operation is under way. */
function settleResource(
  { store, operations }: Stores,
  resource: StoredResource,
  provisioningState: 'Succeeded' | 'Failed',
): void {
  const running = operations.running().filter(({ task }) => task.kind !== 'action');
  const hasOwn = ({ id }: StoredResource): boolean => running.some(({ resourceId }) => sameId(resourceId, id));
  const children = store.all().filter(({ id, provisioningState: state }) => isUnder(id, resource.id) && inProgress.has(state));
  for (const one of [resource, ...children]) if (!hasOwn(one)) store.put({ ...one, provisioningState });
}

const inProgress: ReadonlySet<string> = new Set(['Creating', 'Updating']);

function unknownAction(name: string, provider: ResourceProvider): never {
  throw new ArmError(404, 'InvalidResourceType', `The resource type '${provider.type}' has no action '${name}'.`);
}

function toWire(provider: ResourceProvider, resource: StoredResource, store: ResourceStore): WireResource {
  const { id, name, type, body, provisioningState } = resource;
  const own = provider.toWire(resource, store);
  const isTracked = parentOf(parseResourceId(id, 'id')) === undefined;
  return {
    id,
    name,
    type,
    ...(isTracked ? { location: body.location, tags: body.tags ?? {} } : {}),
    ...own,
    properties: { provisioningState, ...own.properties },
  };
}
