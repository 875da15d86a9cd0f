import type { AccessControl } from '../arm/access.ts';
import { ArmError } from '../arm/errors.ts';
import type { ExtensionCollection, ExtensionPut } from './extension-collection.ts';
import {
  type CustomRole,
  parseCustomRole,
  type RoleDefinition,
  roleDefinitionToWire,
  roleDefinitionType,
} from './role-definition.ts';
import type { RoleAssignments } from './role-assignments.ts';
import type { RoleDefinitions } from './role-definitions.ts';
import { parseRoleFilter, type FilterTerm } from './role-filter.ts';
import { isWithin } from './scopes.ts';

interface CollectionOptions {
  readonly definitions: RoleDefinitions;
  readonly assignments: RoleAssignments;
  readonly access: AccessControl;
  readonly now: () => Date;
}

const knownTerms = ['rolename', 'type', 'atscopeandbelow'];

/** Built-in roles are read everywhere; custom ones are written here, too. */
export function createRoleDefinitionCollection(options: CollectionOptions): ExtensionCollection {
  const { definitions, assignments } = options;
  return {
    list(scope, filter) {
      const terms = parseRoleFilter(filter, knownTerms);
      const isBelow = terms.some(({ name }) => name === 'atscopeandbelow');
      return definitions
        .all()
        .filter((role) => isAssignable(role, scope) || (isBelow && isAssignableBelow(role, scope)))
        .filter((role) => terms.every((term) => fits(role, term)))
        .map((role) => roleDefinitionToWire(role, scope));
    },
    get(scope, name) {
      const role = definitions.find(name);
      if (role === undefined) throw roleNotFound(name);
      return roleDefinitionToWire(role, scope);
    },
    put: (put) => putRole(options, put),
    remove(scope, name) {
      const role = definitions.find(name);
      if (role === undefined) return undefined;
      if (role.isBuiltIn) throw builtInRole(role);
      if (assignments.isInUse(name))
        throw new ArmError(
          409,
          'RoleDefinitionHasAssignments',
          'There are existing role assignments referencing role (code: RoleDefinitionHasAssignments).',
        );
      definitions.remove(name);
      return roleDefinitionToWire(role, scope);
    },
  };
}

function putRole({ definitions, access, now }: CollectionOptions, { scope, name, body, request }: ExtensionPut) {
  const existing = definitions.find(name);
  if (existing?.isBuiltIn === true) throw builtInRole(existing);
  const custom = parseCustomRole(body);
  const links = custom.assignableScopes.map((one) => ({ action: `${roleDefinitionType}/write`, scope: one }));
  access.authorizeLinks(request, links);
  refuseSameName(definitions, name, custom);
  const time = now().toISOString();
  const { objectId } = request.caller;
  const role: RoleDefinition = {
    ...custom,
    name,
    isBuiltIn: false,
    createdOn: existing?.createdOn ?? time,
    createdBy: existing?.createdBy ?? objectId,
    updatedOn: time,
    updatedBy: objectId,
  };
  definitions.put(role);
  // Clients take nothing else, also for a role that was there.
  return { body: roleDefinitionToWire(role, scope), status: 201 } as const;
}

/** Whether a role can be assigned at this scope. */
export function isAssignable({ assignableScopes }: RoleDefinition, scope: string): boolean {
  return assignableScopes.some((one) => isWithin(scope, one));
}

function isAssignableBelow({ assignableScopes }: RoleDefinition, scope: string): boolean {
  return assignableScopes.some((one) => isWithin(one, scope));
}

function fits({ roleName, isBuiltIn }: RoleDefinition, { name, value }: FilterTerm): boolean {
  if (name === 'rolename') return roleName.toLowerCase() === value.toLowerCase();
  return name !== 'type' || (isBuiltIn ? 'builtinrole' : 'customrole') === value.toLowerCase();
}

function refuseSameName(definitions: RoleDefinitions, name: string, { roleName }: CustomRole): void {
  const other = definitions.all().find((role) => role.name !== name && role.roleName.toLowerCase() === roleName.toLowerCase());
  if (other === undefined) return;
  throw new ArmError(
    409,
    'RoleDefinitionWithSameNameExists',
    `A role with the name '${roleName}' exists already in this directory. Use a different name.`,
    { target: 'properties.roleName' },
  );
}

export function roleNotFound(name: string): ArmError {
  return new ArmError(404, 'RoleDefinitionDoesNotExist', `The specified role definition with ID '${name}' does not exist.`);
}

function builtInRole({ roleName }: RoleDefinition): ArmError {
  return new ArmError(
    400,
    'BuiltInRoleCannotBeChanged',
    `The role '${roleName}' is built in; it can neither be changed nor deleted.`,
  );
}
