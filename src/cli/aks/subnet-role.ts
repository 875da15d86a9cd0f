import { randomUUID } from 'node:crypto';
import type { ManagedCluster } from '@azure/arm-containerservice';
import type { AzureClients } from './azure-clients.ts';
import { request } from './long-running.ts';

const networkContributor = '4d97b98b-1d4f-4787-a291-c67834d212e7';
const authorization = 'providers/Microsoft.Authorization';

/**
 * As `az aks create` does: the identity of a cluster has no rights in a subnet that was brought along, and what runs in the cluster
 * could put no address of it on a node. An identity that was brought along, too, is its owner's affair.
 */
export async function grantSubnet({ resources }: AzureClients, { identity }: ManagedCluster, subnetId: string): Promise<void> {
  const { type, principalId } = identity ?? {};
  if (type !== 'SystemAssigned' || principalId === undefined) return;
  const subscription = /^\/subscriptions\/[^/]+/i.exec(subnetId)?.[0] ?? '';
  const properties = {
    roleDefinitionId: `${subscription}/${authorization}/roleDefinitions/${networkContributor}`,
    principalId,
    principalType: 'ServicePrincipal',
  };
  const id = `${subnetId}/${authorization}/roleAssignments/${randomUUID()}`;
  await request(`let the cluster use subnet ${subnetId}`, async () =>
    resources.resources.beginCreateOrUpdateByIdAndWait(id, '2022-04-01', { properties }),
  );
}
