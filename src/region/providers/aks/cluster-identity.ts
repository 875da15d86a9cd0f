import { ArmError } from '../../arm/errors.ts';
import { idKey } from '../../arm/ids.ts';
import type { FederatedCredential } from '../../arm/principals.ts';
import type { OperationContext } from '../../arm/resource-provider.ts';
import type { JsonObject } from '../../arm/resource.ts';
import { contributorRole } from '../../authorization/built-in-roles.ts';
import { serviceAccountIssuer } from '../../../cluster/service-account-keys.ts';
import { findUserAssignedIdentity } from '../identity/user-assigned-identities.ts';
import type { IdentityPrincipal } from '../resource-identity.ts';
import type { RegionWorld } from '../world.ts';
import { clusterKey } from './aks-names.ts';
import type { ManagedCluster, ManagedClusterState } from './cluster-records.ts';
import type { ManagedClusterBody } from './managed-cluster-body.ts';
import { nodeResourceGroupId } from './node-resource-group.ts';

type ClusterContext = OperationContext<ManagedClusterBody, ManagedClusterState>;

/** Whom the cluster's identity trusts: the operator's service account (`deploy/manifests`). */
const operatorSubject = 'system:serviceaccount:kube-egress-gateway-system:segw-operator';

/** `iss` of its service accounts' tokens. */
export function clusterIssuer({ id, name }: Pick<ManagedCluster, 'id' | 'name'>): string {
  return serviceAccountIssuer({ key: clusterKey(id, name) });
}

/** The operator in the cluster gets tokens of the cluster's identity. */
export function trustOperator({ principals }: RegionWorld, cluster: ManagedCluster): void {
  const { identity } = cluster.state;
  if (identity !== undefined) principals.federate(operatorCredential(cluster, identity));
}

/** The cluster's identity may do everything in the node resource group, and nothing elsewhere. One that it had before loses that. */
export function ensureClusterIdentity(world: RegionWorld, context: ClusterContext): void {
  const { id, body, state } = context.resource;
  const identity = principalOf(world, context);
  if (state.identity !== undefined && state.identity.clientId !== identity.clientId) dropClusterIdentity(world, context.resource);
  world.assignments.ensure({
    principalId: identity.principalId,
    role: contributorRole,
    scope: nodeResourceGroupId(id, body.properties.nodeResourceGroup),
  });
  context.setState({ identity });
}

/** Takes back what the identity had for this cluster. An own one goes with the cluster. */
export function dropClusterIdentity({ principals, assignments }: RegionWorld, cluster: ManagedCluster): void {
  const { id, body, state } = cluster;
  if (state.identity === undefined) return;
  principals.unfederate(operatorCredential(cluster, state.identity));
  const scope = nodeResourceGroupId(id, body.properties.nodeResourceGroup);
  assignments.revoke({ principalId: state.identity.principalId, role: contributorRole, scope });
}

export function clusterIdentityToWire({ body, state }: Pick<ManagedCluster, 'body' | 'state'>, tenantId: string): JsonObject {
  const { type, userAssignedIdentities = [] } = body.identity;
  const principal = state.identity === undefined ? {} : { principalId: state.identity.principalId };
  if (type === 'SystemAssigned') return { type, tenantId, ...principal };
  const { clientId } = state.identity ?? {};
  return {
    type,
    userAssignedIdentities: Object.fromEntries(userAssignedIdentities.map((id) => [id, { ...principal, clientId }])),
  };
}

function principalOf({ principals }: RegionWorld, { resource, view }: ClusterContext): IdentityPrincipal {
  const [identityId] = resource.body.identity.userAssignedIdentities ?? [];
  if (identityId === undefined) {
    const { clientId, objectId } = principals.ensure(idKey(resource.id));
    return { clientId, principalId: objectId };
  }
  const found = findUserAssignedIdentity(view, identityId);
  if (found !== undefined) return found.state;
  throw new ArmError(400, 'InvalidResourceReference', `The identity ${identityId} of the cluster does not exist any more.`);
}

function operatorCredential(
  cluster: Pick<ManagedCluster, 'id' | 'name'>,
  { clientId }: Pick<IdentityPrincipal, 'clientId'>,
): FederatedCredential {
  return { clientId, issuer: clusterIssuer(cluster), subject: operatorSubject };
}
