import { ArmError } from '../../arm/errors.ts';
import { type IdentityRequest, mergeIdentity, type ResourceIdentity } from '../resource-identity.ts';

/** Without a list it is the cluster's own. */
export type ClusterIdentity = Pick<ResourceIdentity, 'type'> & Partial<ResourceIdentity>;

/** A cluster acts as its own identity or as exactly one that is brought along. Throws 400. */
export function parseClusterIdentity(request: IdentityRequest, before: ClusterIdentity): ClusterIdentity {
  if (request === undefined || request === null) return before;
  const identity = mergeIdentity(request, undefined, { isPatch: false });
  if (identity?.type === 'SystemAssigned') return { type: identity.type };
  if (identity?.type === 'UserAssigned' && identity.userAssignedIdentities.length === 1) return identity;
  throw new ArmError(
    400,
    'InvalidParameter',
    "A managed cluster needs the identity type 'SystemAssigned', or 'UserAssigned' with exactly one identity.",
    { target: 'identity' },
  );
}
