import type { OperationContext } from '../../arm/resource-provider.ts';
import type { JsonObject } from '../../arm/resource.ts';
import { findUserAssignedIdentity } from '../identity/user-assigned-identities.ts';
import { userAssignedIdentityType } from '../resource-identity.ts';
import type { ManagedCluster, ManagedClusterState } from './cluster-records.ts';
import type { ManagedClusterBody } from './managed-cluster-body.ts';
import { nodeResourceGroupId } from './node-resource-group.ts';

/** The identity that all nodes of a cluster have, `CLUSTER-agentpool`. It has no role: its owner gives it some. */
export function kubeletIdentityId({ id, name, body }: Pick<ManagedCluster, 'id' | 'name' | 'body'>): string {
  const group = nodeResourceGroupId(id, body.properties.nodeResourceGroup);
  return `${group}/providers/${userAssignedIdentityType}/${name}-agentpool`;
}

/** It goes with the node resource group. */
export async function ensureKubeletIdentity(context: OperationContext<ManagedClusterBody, ManagedClusterState>): Promise<void> {
  const resourceId = kubeletIdentityId(context.resource);
  if (findUserAssignedIdentity(context.view, resourceId) === undefined)
    await context.put(resourceId, { location: context.resource.body.location });
  const identity = findUserAssignedIdentity(context.view, resourceId);
  if (identity !== undefined) context.setState({ kubeletIdentity: { resourceId, ...identity.state } });
}

/** `properties.identityProfile` (arm-facts 3.1). */
export function identityProfileToWire({ kubeletIdentity }: ManagedClusterState): JsonObject {
  if (kubeletIdentity === undefined) return {};
  const { resourceId, clientId, principalId } = kubeletIdentity;
  return { identityProfile: { kubeletidentity: { resourceId, clientId, objectId: principalId } } };
}
