import { ArmError } from '../arm/errors.ts';
import { parseResourceId } from '../arm/ids.ts';
import { plainJson } from '../arm/json.ts';
import type { ResourceManager } from '../arm/resource-manager.ts';
import { clusterLoadBalancerId } from '../providers/network/cluster-load-balancer.ts';
import { findLoadBalancer, type StoredLoadBalancer } from '../providers/network/load-balancer-model.ts';
import type { RegionNetwork } from '../providers/world.ts';
import { createServiceAddresses } from './service-addresses.ts';
import { type Parts, withoutService, withService } from './service-parts.ts';
import type { ServiceRequest } from './service-request.ts';

/** The region's resources behind the Services of one cluster. All of it twice is once; errors are ArmErrors. */
export interface ClusterCloud {
  /** Resolves with the public address when the fabric has the rules. */
  ensure(request: ServiceRequest): Promise<string>;
  /** Takes back what `ensure` made for the frontend of this name. */
  remove(frontend: string): Promise<void>;
}

interface ClusterCloudOptions {
  readonly manager: Pick<ResourceManager, 'store' | 'put' | 'remove'>;
  readonly network: RegionNetwork;
  readonly nodeResourceGroupId: string;
}

export function createClusterCloud({ manager, network, nodeResourceGroupId }: ClusterCloudOptions): ClusterCloud {
  const loadBalancerId = clusterLoadBalancerId(nodeResourceGroupId);
  const addresses = createServiceAddresses({ manager, nodeResourceGroupId });

  function requireLoadBalancer(): StoredLoadBalancer {
    const loadBalancer = findLoadBalancer(manager.store, loadBalancerId);
    if (loadBalancer !== undefined) return loadBalancer;
    const text = `The load balancer ${loadBalancerId} was not found; an update of the cluster makes it again.`;
    throw new ArmError(404, 'ResourceNotFound', text);
  }

  /** Reads and writes in one tick: nobody comes in between. */
  function change({ body }: StoredLoadBalancer, changed: (parts: Parts) => Parts): void {
    const { location, tags, properties: before } = body;
    const properties = changed(before);
    if (properties === before) return;
    manager.put({ id: parseResourceId(loadBalancerId, 'id'), body: plainJson({ location, tags, properties }) });
  }

  return {
    async ensure(request) {
      const loadBalancer = requireLoadBalancer();
      const address = addresses.ensure(request, loadBalancer.body.location);
      change(loadBalancer, (parts) => withService(parts, request, { loadBalancerId, publicAddressId: address.id }));
      await network.apply();
      // Not before the frontend has the other one.
      if (request.publicAddress !== undefined) await addresses.removeOwn(request.name);
      return address.state.address;
    },
    async remove(frontend) {
      const loadBalancer = findLoadBalancer(manager.store, loadBalancerId);
      if (loadBalancer !== undefined) change(loadBalancer, (parts) => withoutService(parts, frontend));
      await network.apply();
      await addresses.removeOwn(frontend);
    },
  };
}
