import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Access } from './access.ts';
import { ArmError, parseBody } from './errors.ts';
import { checkPreconditions, type Preconditions } from './etag.ts';
import {
  canonicalId,
  formatResourceId,
  nameOf,
  parentOf,
  parseResourceId,
  type ResourceId,
  resourceGroupId,
  resourceGroupType,
  typeOf,
} from './ids.ts';
import { linkedResources } from './linked-resources.ts';
import type { ProviderTable } from './provider-table.ts';
import { beingDeleted, groupNotFound, parentNotFound, resourceNotFound } from './resource-errors.ts';
import type { PutPlan, ResourceProvider } from './resource-provider.ts';
import type { ResourceBody, StoredResource } from './resource.ts';
import type { ResourceStore } from './store.ts';
import { checkLocation, tagsSchema } from './tracked-resource.ts';

export interface PutInput {
  readonly id: ResourceId;
  readonly body: unknown;
  readonly isPatch?: boolean;
  readonly preconditions?: Preconditions;
  /** Throws unless the client may join these resources. Absent for what the region does by itself. */
  readonly checkLinks?: (links: readonly Access[]) => void;
}

/** A resource as it was just stored; `isLongRunning`: its `provision` is still to be run. */
export interface StoredPut {
  readonly resource: StoredResource;
  readonly provider: ResourceProvider;
  readonly isNew: boolean;
  readonly isLongRunning: boolean;
}

interface WriteContext {
  readonly store: ResourceStore;
  readonly table: ProviderTable;
}

/** parse → validate → plan → stored, with its children. Throws ArmError and has then written nothing. Runs in one tick. */
export function storePut(context: WriteContext, input: PutInput): StoredPut {
  return context.store.transaction(() => {
    const { store, table } = context;
    const provider = table.require(typeOf(input.id));
    const existing = store.get(formatResourceId(input.id));
    checkSurroundings(store, input, existing);
    if (input.isPatch === true) {
      if (existing === undefined) throw resourceNotFound(input.id, { isFlat: provider.errorShape === 'flat' });
      if (provider.patch !== 'merge') return storeTags(store, { input, provider, existing });
    }
    return storeParsed(context, { input, provider, existing });
  });
}

interface Located {
  readonly input: PutInput;
  readonly provider: ResourceProvider;
  readonly existing: StoredResource | undefined;
}

function storeParsed(context: WriteContext, { input, provider, existing }: Located): StoredPut {
  const { store } = context;
  const id = existing?.id ?? newId(store, input.id, provider.type);
  const name = existing?.name ?? nameOf(input.id);
  const request = { id, name, existing, view: store };
  checkName(name, provider.type);
  const body = asStored(provider.parse({ ...request, body: input.body, isPatch: input.isPatch ?? false }));
  input.checkLinks?.(linkedResources({ id, body, request: input.body }));
  if (parentOf(input.id) === undefined) checkLocation({ name, type: provider.type, location: body.location }, existing);
  const put = { ...request, body, request: input.body };
  provider.validate?.(put);
  const plan = provider.plan?.(put) ?? planWithoutState(existing);
  const isLongRunning = plan.isLongRunning ?? provider.provision !== undefined;
  const resource: StoredResource = {
    id,
    type: provider.type,
    name,
    body,
    state: plan.state,
    etag: etagFor(body, existing),
    provisioningState: inProgressState(isLongRunning, existing),
  };
  store.put(resource);
  storeChildren(context, plan, input.checkLinks);
  return { resource, provider, isNew: existing === undefined, isLongRunning };
}

function planWithoutState(existing: StoredResource | undefined): PutPlan<object> {
  return { state: existing?.state ?? {} };
}

function storeChildren(
  context: WriteContext,
  { children = [], removedChildren = [] }: PutPlan<object>,
  checkLinks: PutInput['checkLinks'],
): void {
  for (const id of removedChildren) removeSubtree(context.store, id);
  for (const { id, body } of children)
    storePut(context, { id: parseResourceId(id, 'id'), body, ...(checkLinks === undefined ? {} : { checkLinks }) });
}

/** The same as before as long as the body is. */
export function etagFor(body: ResourceBody, existing: StoredResource | undefined): string {
  return existing !== undefined && isDeepStrictEqual(existing.body, body) ? existing.etag : randomUUID();
}

function storeTags(
  store: ResourceStore,
  { input, provider, existing }: Located & { readonly existing: StoredResource },
): StoredPut {
  const { tags } = parseBody(z.object({ tags: tagsSchema }), input.body);
  const body: ResourceBody = { ...existing.body, tags };
  const resource = { ...existing, body, etag: etagFor(body, existing) };
  store.put(resource);
  return { resource, provider, isNew: false, isLongRunning: false };
}

/** Removes the resource and everything below it from the store. Absent is fine. */
export function removeSubtree(store: ResourceStore, id: string): void {
  const prefix = `${id.toLowerCase()}/`;
  for (const resource of store.all()) if (resource.id.toLowerCase().startsWith(prefix)) store.remove(resource.id);
  store.remove(id);
}

function checkSurroundings(store: ResourceStore, { id, preconditions }: PutInput, existing: StoredResource | undefined): void {
  const group = store.get(resourceGroupId(id));
  if (id.namespace !== undefined) {
    if (group === undefined) throw groupNotFound(id.resourceGroup ?? '');
    if (group.provisioningState === 'Deleting') throw beingDeleted(group.name, true);
  }
  const parent = parentOf(id);
  if (parent !== undefined && store.get(formatResourceId(parent)) === undefined) throw parentNotFound(parent);
  checkPreconditions(preconditions ?? {}, existing);
  if (existing?.provisioningState === 'Deleting') throw beingDeleted(existing.name, existing.type === resourceGroupType);
}

function newId(store: ResourceStore, id: ResourceId, type: string): string {
  const canonical = canonicalId(id, type);
  const segment = canonical.segments.at(-1);
  if (segment === undefined) return formatResourceId(canonical);
  const parent = parentOf(canonical);
  const above =
    parent === undefined
      ? `${store.get(resourceGroupId(id))?.id ?? resourceGroupId(id)}/providers/${canonical.namespace ?? ''}`
      : (store.get(formatResourceId(parent))?.id ?? formatResourceId(parent));
  return `${above}/${segment.type}/${segment.name}`;
}

function checkName(name: string, type: string): void {
  const isGroup = type === resourceGroupType;
  if (/^[A-Za-z0-9_(][\w.()-]{0,88}[\w()-]$|^[A-Za-z0-9_]$/.test(name)) return;
  throw new ArmError(
    400,
    isGroup ? 'InvalidResourceGroup' : 'InvalidResourceName',
    `The name '${name.slice(0, 100)}' is invalid: letters, digits, '_', '-', '.', '(' and ')' are allowed, at most 90, without a period at the end.`,
  );
}

function inProgressState(isLongRunning: boolean, existing: StoredResource | undefined): StoredResource['provisioningState'] {
  if (!isLongRunning) return 'Succeeded';
  return existing === undefined || existing.provisioningState === 'Creating' ? 'Creating' : 'Updating';
}

/** What is left of a body once it was written and read: members that are `undefined` are gone. */
function asStored(body: ResourceBody): ResourceBody {
  const stored: ResourceBody = JSON.parse(JSON.stringify(body));
  return stored;
}
