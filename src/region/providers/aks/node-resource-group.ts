import { ArmError } from '../../arm/errors.ts';
import { parseResourceId, resourceGroupId, sameId } from '../../arm/ids.ts';
import type { ResourceView } from '../../arm/resource.ts';
import type { ManagedCluster } from './cluster-records.ts';

/** Where the service keeps what it makes for the cluster: scale sets, network, public addresses. */
export function nodeResourceGroupId(clusterId: string, name: string): string {
  return resourceGroupId({ ...parseResourceId(clusterId, 'id'), resourceGroup: name });
}

/** Throws 400 when the group exists and is not this cluster's: deleting the cluster deletes it. */
export function refuseForeignGroup(view: ResourceView, { id, body }: Pick<ManagedCluster, 'id' | 'body'>): void {
  const { nodeResourceGroup: name } = body.properties;
  const group = view.get(nodeResourceGroupId(id, name));
  if (group === undefined || ('managedBy' in group.body && sameId(String(group.body.managedBy), id))) return;
  throw new ArmError(
    400,
    'NodeResourceGroupAlreadyExists',
    `The node resource group '${name}' exists already and does not belong to this cluster. Choose another name (nodeResourceGroup), or delete it.`,
    { target: 'properties.nodeResourceGroup' },
  );
}
