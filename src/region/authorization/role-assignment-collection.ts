import { z } from 'zod';
import { ArmError, parseBody } from '../arm/errors.ts';
import { sameId } from '../arm/ids.ts';
import type { PrincipalRegistry } from '../arm/principals.ts';
import type { JsonObject } from '../arm/resource.ts';
import type { ExtensionCollection, ExtensionPut } from './extension-collection.ts';
import type { RoleAssignment, RoleAssignments } from './role-assignments.ts';
import { parseRoleDefinitionId, roleDefinitionId } from './role-definition.ts';
import { isAssignable, roleNotFound } from './role-definition-collection.ts';
import type { RoleDefinitions } from './role-definitions.ts';
import { type FilterTerm, parseRoleFilter } from './role-filter.ts';
import { isWithin } from './scopes.ts';

interface CollectionOptions {
  readonly definitions: RoleDefinitions;
  readonly assignments: RoleAssignments;
  readonly principals: PrincipalRegistry;
  readonly tenantId: string;
  readonly now: () => Date;
}

type Request = z.infer<typeof schema>['properties'];

const roleAssignmentType = 'Microsoft.Authorization/roleAssignments';
const knownTerms = ['atscope', 'principalid', 'assignedto'];

const unsupported = z.null('is not supported by this region').optional();

const schema = z.object({
  properties: z.object({
    roleDefinitionId: z.string().max(1000),
    principalId: z.guid('must be the GUID of a principal').transform((id) => id.toLowerCase()),
    principalType: z.literal('ServicePrincipal', 'must be ServicePrincipal: this directory has no users and no groups').nullish(),
    description: z.string().max(2048).nullish(),
    condition: unsupported,
    delegatedManagedIdentityResourceId: unsupported,
  }),
});

/** Assignments; one that is made at a scope holds for everything below. */
export function createRoleAssignmentCollection(options: CollectionOptions): ExtensionCollection {
  const { assignments } = options;
  return {
    list(scope, filter) {
      const terms = parseRoleFilter(filter, knownTerms);
      const isHere = terms.some(({ name }) => name === 'atscope');
      return assignments
        .all()
        .filter((one) => isWithin(scope, one.scope) || (!isHere && isWithin(one.scope, scope)))
        .filter((one) => terms.every((term) => fits(one, term)))
        .map((one) => toWire(one, scope));
    },
    get(scope, name) {
      const found = assignments.find(scope, name);
      if (found === undefined) throw new ArmError(404, 'RoleAssignmentNotFound', `The role assignment '${name}' is not found.`);
      return toWire(found, scope);
    },
    put: (put) => putAssignment(options, put),
    remove(scope, name) {
      const found = assignments.find(scope, name);
      if (found === undefined) return undefined;
      assignments.remove(found);
      return toWire(found, scope);
    },
  };
}

function putAssignment(options: CollectionOptions, { scope, name, body, request }: ExtensionPut) {
  const { assignments, now } = options;
  const properties = parseBody(schema, body, 'BadRequestFormat').properties;
  const grant = { principalId: properties.principalId, role: parseRoleDefinitionId(properties.roleDefinitionId), scope };
  checkRole(options, grant);
  checkPrincipal(options, properties);
  const existing = assignments.find(scope, name);
  if (existing !== undefined && (existing.principalId !== grant.principalId || existing.role !== grant.role))
    throw new ArmError(
      400,
      'RoleAssignmentUpdateNotPermitted',
      'Tenant ID, application ID, principal ID, and scope are not allowed to be updated.',
    );
  const same = assignments.findGrant(grant);
  if (same !== undefined && same.name !== name)
    throw new ArmError(
      409,
      'RoleAssignmentExists',
      `The role assignment already exists. The ID of the existing role assignment is ${same.name.replaceAll('-', '')}.`,
    );
  const time = now().toISOString();
  const { objectId } = request.caller;
  const assignment: RoleAssignment = {
    ...grant,
    name,
    description: properties.description ?? null,
    createdOn: existing?.createdOn ?? time,
    createdBy: existing?.createdBy ?? objectId,
    updatedOn: time,
    updatedBy: objectId,
  };
  assignments.put(assignment);
  return { body: toWire(assignment, scope), status: existing === undefined ? 201 : 200 } as const;
}

function checkRole({ definitions }: CollectionOptions, { role, scope }: Pick<RoleAssignment, 'role' | 'scope'>): void {
  const definition = definitions.find(role);
  if (definition === undefined) throw roleNotFound(role);
  if (isAssignable(definition, scope)) return;
  throw new ArmError(
    400,
    'RoleNotAssignableAtScope',
    `The role '${definition.roleName}' cannot be assigned at '${scope}': its assignable scopes are ${definition.assignableScopes.join(', ')}.`,
    { target: 'properties.roleDefinitionId' },
  );
}

/** Who gives the type says that the principal may not be known yet (arm-facts 1.9). */
function checkPrincipal({ principals, tenantId }: CollectionOptions, { principalId, principalType }: Request): void {
  if (principalType === 'ServicePrincipal' || principals.findObject(principalId) !== undefined) return;
  throw new ArmError(
    400,
    'PrincipalNotFound',
    `Principal ${principalId.replaceAll('-', '')} does not exist in the directory ${tenantId}. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group.`,
  );
}

function fits({ principalId }: RoleAssignment, { name, value }: FilterTerm): boolean {
  return name === 'atscope' || sameId(principalId, value);
}

/** `seenFrom`: the scope in which it is asked for; its role is named as a list of roles there names it. */
function toWire(assignment: RoleAssignment, seenFrom: string): JsonObject {
  const { name, scope, role, principalId, description, createdOn, updatedOn, createdBy, updatedBy } = assignment;
  return {
    id: `${scope}/providers/${roleAssignmentType}/${name}`,
    name,
    type: roleAssignmentType,
    properties: {
      roleDefinitionId: roleDefinitionId(role, seenFrom),
      principalId,
      principalType: 'ServicePrincipal',
      scope: scope === '' ? '/' : scope,
      description,
      condition: null,
      conditionVersion: null,
      delegatedManagedIdentityResourceId: null,
      createdOn,
      updatedOn,
      createdBy,
      updatedBy,
    },
  };
}
