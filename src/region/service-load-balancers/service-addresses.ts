import { ArmError } from '../arm/errors.ts';
import { isUnder, parseResourceId, resourceGroupId } from '../arm/ids.ts';
import type { ResourceManager } from '../arm/resource-manager.ts';
import { findPublicIpAddress, publicIpAddressesOf, type StoredPublicIpAddress } from '../providers/public-ip-model.ts';
import type { ServiceRequest } from './service-request.ts';

/** The public addresses of a cluster's Services. */
export interface ServiceAddresses {
  /** The one that the Service names, or one of its own. Throws `PublicIPAddressNotFound`. */
  ensure(request: ServiceRequest, location: string | undefined): StoredPublicIpAddress;
  /** The Service's own one. Absent is done. */
  removeOwn(frontend: string): Promise<void>;
}

interface ServiceAddressesOptions {
  readonly manager: Pick<ResourceManager, 'store' | 'put' | 'remove'>;
  readonly nodeResourceGroupId: string;
}

export function createServiceAddresses({ manager, nodeResourceGroupId: group }: ServiceAddressesOptions): ServiceAddresses {
  const ownId = (frontend: string): string => `${group}/providers/Microsoft.Network/publicIPAddresses/kubernetes-${frontend}`;

  function ensureOwn({ name, key }: ServiceRequest, location: string | undefined): StoredPublicIpAddress {
    const id = ownId(name);
    if (findPublicIpAddress(manager.store, id) === undefined)
      manager.put({
        id: parseResourceId(id, 'id'),
        body: {
          location,
          tags: { 'k8s-azure-cluster-name': 'kubernetes', 'k8s-azure-service': key },
          sku: { name: 'Standard', tier: 'Regional' },
          properties: { publicIPAllocationMethod: 'Static' },
        },
      });
    return findPublicIpAddress(manager.store, id) ?? notFound(id, group);
  }

  function findGiven({ publicAddress: wanted, resourceGroup }: ServiceRequest): StoredPublicIpAddress | undefined {
    if (wanted === undefined) return undefined;
    const place = resourceGroup === undefined ? group : resourceGroupId({ ...parseResourceId(group, 'id'), resourceGroup });
    const found = publicIpAddressesOf(manager.store)
      .filter(({ id }) => isUnder(id, place))
      .find(({ name, state }) =>
        'name' in wanted ? name.toLowerCase() === wanted.name.toLowerCase() : state.address === wanted.address,
      );
    return found ?? notFound('name' in wanted ? wanted.name : wanted.address, place);
  }

  return {
    ensure: (request, location) => findGiven(request) ?? ensureOwn(request, location),
    async removeOwn(frontend) {
      await manager.remove(parseResourceId(ownId(frontend), 'id'), {});
    },
  };
}

function notFound(address: string, group: string): never {
  throw new ArmError(404, 'PublicIPAddressNotFound', `the public address ${address} was not found in ${group}`);
}
