import type { Logger } from '../../base/log.ts';
import { ArmError } from './errors.ts';
import { parseResourceId, sameId } from './ids.ts';
import type { OperationRunner } from './operation-runner.ts';
import type { Operation, OperationStore } from './operations.ts';
import type { ProviderTable } from './provider-table.ts';
import type { ActionInput, OperationContext, ResourceAction } from './resource-provider.ts';
import type { StoredResource } from './resource.ts';
import {
  beginAction,
  beginProvision,
  beginRemoval,
  type Found,
  findByName,
  markDeleting,
  nestedActionId,
  scopeOf,
} from './operation-begin.ts';
import { removeSubtree, storePut } from './resource-writes.ts';
import { restoreAll } from './restorations.ts';
import type { ResourceStore } from './store.ts';

/** Runs the providers' own work. */
export interface OperationContexts {
  execute(operation: Operation, signal: AbortSignal): Promise<void>;
  /** The context of an action that answers at once. */
  forReply(found: Found): OperationContext;
  /**
   * Runs `restore` of all resources but those with these ids (as `idKey` gives them), in the order of the table. Their scopes are held
   * from the call on. Never rejects.
   */
  restore(except: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

interface ContextOptions {
  readonly table: ProviderTable;
  readonly store: ResourceStore;
  readonly operations: OperationStore;
  readonly runner: OperationRunner;
  readonly log: Logger;
}

/** Where work runs: the operation that it is part of, the scope that it holds, and until when. */
interface Held {
  readonly operationId?: string;
  readonly scope: string;
  readonly signal: AbortSignal;
}

export function createOperationContexts(options: ContextOptions): OperationContexts {
  const { table, store, log } = options;
  const stopper = new AbortController();
  const restorations: Promise<void>[] = [];

  return {
    async execute(operation, signal) {
      const provider = table.require(operation.resourceType);
      const resource = store.get(operation.resourceId);
      if (resource === undefined) return;
      const context = createContext(
        options,
        { resource, provider },
        { operationId: operation.id, scope: operation.scope, signal },
      );
      await runTask({ resource, provider }, operation, context);
    },
    forReply: (found) => createContext(options, found, { scope: '', signal: stopper.signal }),
    async restore(except) {
      const contextFor = (found: Found, signal: AbortSignal): OperationContext =>
        createContext(options, found, { scope: scopeOf(found.provider, found.resource.id), signal });
      const restoration = restoreAll({ ...options, contextFor }, new Set(except));
      restorations.push(restoration);
      await restoration;
    },
    async stop() {
      stopper.abort();
      await Promise.all(restorations);
      log.debug('restorations ended');
    },
  };
}

async function runTask({ provider }: Found, { task }: Operation, context: OperationContext): Promise<void> {
  if (task.kind === 'provision') return provider.provision?.(context);
  if (task.kind === 'deprovision') return provider.deprovision?.(context);
  const action = findByName(provider.actions, task.name)?.[1];
  await action?.run(context, task.input);
}

function createContext(options: ContextOptions, { resource, provider }: Found, held: Held): OperationContext {
  const { store, log } = options;
  const { id } = resource;
  let last = resource;
  const current = (): StoredResource => {
    last = store.get(id) ?? last;
    return last;
  };
  return {
    get resource() {
      return current();
    },
    view: store,
    signal: held.signal,
    log: log.child({ resource: id, type: provider.type }),
    setState(change) {
      const now = store.get(id);
      if (now !== undefined) store.put({ ...now, state: { ...now.state, ...change } });
    },
    edit: (target, change) => {
      const now = store.get(target);
      if (now !== undefined) store.put(change(now));
    },
    put: async (target, body) => putNested(options, held, { target, body }),
    remove: async (target) => removeNested(options, held, target),
    act: async (target, action, input) => actNested(options, held, { target, action, input }),
  };
}

async function putNested(
  options: ContextOptions,
  held: Held,
  { target, body }: { readonly target: string; readonly body: unknown },
): Promise<void> {
  const { store, table, runner } = options;
  held.signal.throwIfAborted();
  const { resource, provider, isLongRunning, operation } = store.transaction(() => {
    const stored = storePut({ store, table }, { id: parseResourceId(target, 'id'), body });
    const hasOwnScope = !sameId(scopeOf(stored.provider, stored.resource.id), held.scope);
    return { ...stored, operation: stored.isLongRunning && hasOwnScope ? beginProvision(runner, stored) : undefined };
  });
  if (operation !== undefined) await waitFor(options, held, operation);
  if (!isLongRunning || operation !== undefined) return;
  const settle = (provisioningState: StoredResource['provisioningState']): void => {
    const now = store.get(resource.id);
    if (now !== undefined) store.put({ ...now, provisioningState });
  };
  try {
    await provider.provision?.(createContext(options, { resource, provider }, held));
    settle('Succeeded');
  } catch (error) {
    if (!held.signal.aborted) settle('Failed');
    throw error;
  }
}

async function removeNested(options: ContextOptions, held: Held, target: string): Promise<void> {
  const { store, table } = options;
  held.signal.throwIfAborted();
  const resource = store.get(target);
  if (resource === undefined) return;
  const provider = table.require(resource.type);
  if (!sameId(scopeOf(provider, resource.id), held.scope)) {
    const begun = beginRemoval(options, { resource, provider });
    if (begun !== 'removed') await waitFor(options, held, begun);
    return;
  }
  provider.validateDelete?.(resource, store);
  markDeleting(store, { resource, provider });
  await provider.deprovision?.(createContext(options, { resource, provider }, held));
  store.transaction(() => {
    removeSubtree(store, resource.id);
  });
}

async function actNested(
  options: ContextOptions,
  held: Held,
  { target, action: name, input }: { readonly target: string; readonly action: string; readonly input: ActionInput | undefined },
): Promise<void> {
  held.signal.throwIfAborted();
  const { found, actionName, action } = findAction(options, target, name);
  const full = { body: undefined, query: {}, ...input };
  action.validate?.(full, found.resource, options.store);
  if (sameId(scopeOf(found.provider, found.resource.id), held.scope)) {
    await action.run(createContext(options, found, held), full);
    return;
  }
  const id = held.operationId && nestedActionId(held.operationId, found.resource.id, actionName);
  const begun = id === undefined ? undefined : options.operations.find(id);
  const task = { kind: 'action', name: actionName, input: full } as const;
  await waitFor(options, held, begun ?? beginAction(options.runner, found, task, id));
}

type LongAction = Extract<ResourceAction, { kind: 'operation' }>;

function findAction(
  { store, table }: ContextOptions,
  target: string,
  name: string,
): { readonly found: Found; readonly actionName: string; readonly action: LongAction } {
  const resource = store.get(target);
  const provider = resource && table.require(resource.type);
  const [actionName, action] = findByName(provider?.actions, name) ?? [];
  if (resource !== undefined && provider !== undefined && actionName !== undefined && action?.kind === 'operation')
    return { found: { resource, provider }, actionName, action };
  throw new ArmError(404, 'ResourceNotFound', `The Resource '${target}' with action '${name}' was not found.`);
}

async function waitFor({ runner }: ContextOptions, { signal }: Held, operation: Operation): Promise<void> {
  const { error } = await runner.settled(operation, signal);
  if (error !== undefined) throw new ArmError(409, error.code, error.message, { details: error.details ?? [] });
}
