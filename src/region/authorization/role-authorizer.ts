import type { AccessControl, AccessRequest } from '../arm/access.ts';
import { ArmError } from '../arm/errors.ts';
import type { RoleAssignments } from './role-assignments.ts';
import type { RoleDefinitions } from './role-definitions.ts';

interface RoleOptions {
  readonly assignments: RoleAssignments;
  readonly definitions: RoleDefinitions;
}

/** Azure shows a subscription to everybody who has a role on something in it. */
const subscriptionRead = 'microsoft.resources/subscriptions/read';

/** Role-based access: a caller may what one of the roles allows that it has on the resource or above. Nobody may anything by default. */
export function createRoleAuthorizer({ assignments, definitions }: RoleOptions): AccessControl {
  const isAllowed = ({ caller, action, scope }: AccessRequest): boolean =>
    assignments.rolesOf(caller.objectId, scope).some((role) => definitions.allows(role, action)) ||
    (action.toLowerCase() === subscriptionRead && assignments.hasAny(caller.objectId));
  return {
    authorize(request) {
      if (!isAllowed(request)) throw authorizationFailed(request);
    },
    hasRole: ({ objectId }) => assignments.hasAny(objectId),
    authorizeLinks(request, links) {
      const refused = links.filter((link) => !isAllowed({ ...link, caller: request.caller }));
      if (refused.length > 0) throw linkedAuthorizationFailed(request, refused);
    },
  };
}

/** Texts of both: arm-facts 3.8. Clients find the scope in them. */
function authorizationFailed({ caller, action, scope }: AccessRequest): ArmError {
  return new ArmError(
    403,
    'AuthorizationFailed',
    `The client '${caller.clientId}' with object id '${caller.objectId}' does not have authorization to perform action '${action}' over scope '${scope === '' ? '/' : scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
  );
}

function linkedAuthorizationFailed(
  { caller, action, scope }: AccessRequest,
  refused: readonly Pick<AccessRequest, 'action' | 'scope'>[],
): ArmError {
  const actions = [...new Set(refused.map((link) => link.action))].join(',');
  const scopes = refused.map((link) => link.scope).join(',');
  return new ArmError(
    403,
    'LinkedAuthorizationFailed',
    `The client '${caller.clientId}' with object id '${caller.objectId}' has permission to perform action '${action}' on scope '${scope}'; however, it does not have permission to perform action(s) '${actions}' on the linked scope(s) '${scopes}' (respectively) or the linked scope(s) are invalid.`,
  );
}
