import { z } from 'zod';
import { ArmError } from '../arm/errors.ts';
import { idKey } from '../arm/ids.ts';
import type { PrincipalRegistry } from '../arm/principals.ts';
import type { JsonObject, ResourceView, StoredResource } from '../arm/resource.ts';
import { requireReference } from './references.ts';

export const userAssignedIdentityType = 'Microsoft.ManagedIdentity/userAssignedIdentities';

const kinds = ['None', 'SystemAssigned', 'UserAssigned', 'SystemAssigned, UserAssigned'] as const;

/** The `identity` member of a resource: as whom its machines can get tokens. */
export interface ResourceIdentity {
  readonly type: Exclude<(typeof kinds)[number], 'None'>;
  /** Ids of userAssignedIdentities. */
  readonly userAssignedIdentities: readonly string[];
}

export interface IdentityPrincipal {
  readonly clientId: string;
  /** What role assignments name. */
  readonly principalId: string;
}

/** Whose principals these are; kept in the resource's state. */
export interface AssignedPrincipals {
  readonly systemAssigned?: IdentityPrincipal;
  readonly userAssigned: readonly (IdentityPrincipal & { readonly resourceId: string })[];
}

/** `{ type, userAssignedIdentities: { ID: {} } }`; what a client read and sends back is dropped, `null` takes an identity away. */
export const identitySchema = z
  .object({
    type: z
      .string()
      .transform((type) => kinds.find((kind) => normal(kind) === normal(type)))
      .pipe(z.enum(kinds, `expected one of: ${kinds.map((kind) => `'${kind}'`).join(', ')}`)),
    userAssignedIdentities: z.record(z.string().max(2000), z.object({}).nullable()).nullish(),
  })
  .nullish();

export type IdentityRequest = z.infer<typeof identitySchema>;

/** Absent: as before. A PATCH adds to the user-assigned ones, a PUT replaces them. Throws 400 when type and list do not fit. */
export function mergeIdentity(
  request: IdentityRequest,
  before: ResourceIdentity | undefined,
  { isPatch }: { readonly isPatch: boolean },
): ResourceIdentity | undefined {
  if (request === undefined || request === null) return before;
  const { type, userAssignedIdentities: changes } = request;
  const kept = isPatch && isUserAssigned(type) ? (before?.userAssignedIdentities ?? []) : [];
  const ids = withChanges(kept, changes ?? {});
  checkFit(type, ids);
  return type === 'None' ? undefined : { type, userAssignedIdentities: ids };
}

/** One id per identity, in whatever spelling came last. */
function withChanges(ids: readonly string[], changes: Readonly<Record<string, object | null>>): readonly string[] {
  const byKey = new Map(ids.map((id) => [idKey(id), id]));
  for (const [id, value] of Object.entries(changes)) {
    if (value === null) byKey.delete(idKey(id));
    else byKey.set(idKey(id), id);
  }
  return [...byKey.values()];
}

function checkFit(type: (typeof kinds)[number], ids: readonly string[]): void {
  if (isUserAssigned(type) === ids.length > 0) return;
  const problem = isUserAssigned(type) ? 'needs at least one id in' : 'does not go with';
  throw new ArmError(400, 'InvalidParameter', `The identity type '${type}' ${problem} 'identity.userAssignedIdentities'.`, {
    target: 'identity.userAssignedIdentities',
  });
}

/** Throws 400 when a user-assigned identity does not exist. */
export function checkIdentity(view: ResourceView, identity: Partial<ResourceIdentity> | undefined, from: string): void {
  for (const id of identity?.userAssignedIdentities ?? [])
    requireReference(view, { id, is: isUserAssignedIdentity, from, target: 'identity.userAssignedIdentities' });
}

interface Assignment {
  readonly id: string;
  readonly identity: ResourceIdentity | undefined;
  readonly before: AssignedPrincipals | undefined;
  /** Of a user-assigned identity; undefined when it has been deleted since it was assigned. */
  readonly principalOf: (identityId: string) => IdentityPrincipal | undefined;
}

/** Makes the system-assigned principal, or removes the one that is not wanted any more. */
export function ensurePrincipals(
  { id, identity, before, principalOf }: Assignment,
  principals: PrincipalRegistry,
): AssignedPrincipals {
  const userAssigned = (identity?.userAssignedIdentities ?? []).flatMap((resourceId) => {
    const principal = principalOf(resourceId);
    return principal === undefined ? [] : [{ resourceId, ...principal }];
  });
  if (identity?.type.startsWith('SystemAssigned') === true) {
    const { clientId, objectId } = principals.ensure(idKey(id));
    return { systemAssigned: { clientId, principalId: objectId }, userAssigned };
  }
  removeOwnPrincipal(before, principals);
  return { userAssigned };
}

/** The system-assigned principal goes with its resource. */
export function removeOwnPrincipal(assigned: AssignedPrincipals | undefined, principals: PrincipalRegistry): void {
  if (assigned?.systemAssigned !== undefined) principals.remove(assigned.systemAssigned.clientId);
}

/** The wire form: ids of principals stand where Azure has them. */
export function identityToWire(
  identity: ResourceIdentity,
  assigned: AssignedPrincipals | undefined,
  tenantId: string,
): JsonObject {
  const { type, userAssignedIdentities } = identity;
  const principalOf = (resourceId: string): JsonObject => {
    const found = assigned?.userAssigned.find((one) => idKey(one.resourceId) === idKey(resourceId));
    return found === undefined ? {} : { principalId: found.principalId, clientId: found.clientId };
  };
  return {
    type,
    ...(assigned?.systemAssigned === undefined ? {} : { principalId: assigned.systemAssigned.principalId, tenantId }),
    ...(userAssignedIdentities.length === 0
      ? {}
      : { userAssignedIdentities: Object.fromEntries(userAssignedIdentities.map((id) => [id, principalOf(id)])) }),
  };
}

function isUserAssigned(type: (typeof kinds)[number]): boolean {
  return type.endsWith('UserAssigned');
}

function isUserAssignedIdentity(resource: StoredResource): resource is StoredResource {
  return resource.type === userAssignedIdentityType;
}

function normal(type: string): string {
  return type.toLowerCase().replaceAll(' ', '');
}
