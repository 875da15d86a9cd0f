import type { AccessControl } from '../arm/access.ts';
import type { RegionDatabase } from '../arm/database.ts';
import type { Principal } from '../arm/principals.ts';
import { ownerRole } from './built-in-roles.ts';
import { createRoleAssignments, type RoleAssignments } from './role-assignments.ts';
import { createRoleAuthorizer } from './role-authorizer.ts';
import { createRoleDefinitions, type RoleDefinitions } from './role-definitions.ts';

/** Roles, who has them, and what follows for a call. */
export interface Authorization {
  readonly definitions: RoleDefinitions;
  readonly assignments: RoleAssignments;
  readonly access: AccessControl;
}

interface AuthorizationOptions {
  readonly database: RegionDatabase;
  /** Its principal owns the subscription, again after each start: nobody is locked out for good. */
  readonly installation: { readonly principal: Principal; readonly subscriptionId: string };
  readonly now: () => Date;
}

export function openAuthorization({ database, installation, now }: AuthorizationOptions): Authorization {
  const definitions = createRoleDefinitions(database);
  const assignments = createRoleAssignments(database, now);
  const { principal, subscriptionId } = installation;
  assignments.ensure({ principalId: principal.objectId, role: ownerRole, scope: `/subscriptions/${subscriptionId}` });
  return { definitions, assignments, access: createRoleAuthorizer({ assignments, definitions }) };
}
