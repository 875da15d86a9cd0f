import type { JsonObject, ResourceView } from '../arm/resource.ts';
import { desiredLoadBalancing } from '../providers/network/load-balancing.ts';
import { virtualNetworkIdOf } from '../providers/virtual-network-model.ts';
import type { MetadataCaller } from './metadata-caller.ts';
import { MetadataError } from './metadata-error.ts';

/**
 * `/metadata/loadbalancer` (arm-facts 5.2): the public addresses of the machine itself, and what load balancers do for it, whether or not
 * it answers their probes. Throws 404 for a machine that has nothing of the kind.
 */
export function loadBalancerDocument({ instance }: MetadataCaller, view: ResourceView): JsonObject {
  const loadBalancing = desiredLoadBalancing(view, () => true);
  const configurations = instance.state.interfaces.flatMap(({ ipConfigurations }) => ipConfigurations);
  const publicIpAddresses = configurations.flatMap(({ privateAddress, publicAddress }) =>
    publicAddress === undefined ? [] : [{ frontendIpAddress: publicAddress.address, privateIpAddress: privateAddress }],
  );
  const inboundRules = configurations.flatMap(({ subnetId, privateAddress }) =>
    loadBalancing
      .rules(virtualNetworkIdOf(subnetId))
      .filter(({ backends }) => backends.includes(privateAddress))
      .map(({ address, protocol, port, backendPort }) => ({
        frontendIpAddress: address,
        protocol,
        frontendPort: port,
        backendPort,
        privateIpAddress: privateAddress,
      })),
  );
  const outboundRules = configurations.flatMap(({ subnetId, privateAddress }) => {
    const address = loadBalancing.outboundAddress(virtualNetworkIdOf(subnetId), privateAddress);
    return address === undefined ? [] : [{ frontendIpAddress: address, privateIpAddress: privateAddress }];
  });
  if (publicIpAddresses.length + inboundRules.length + outboundRules.length === 0)
    throw new MetadataError(404, {
      error:
        'No load balancer metadata is found. Please check if your VM is using any non-basic SKU load balancer and retry later.',
    });
  return { loadbalancer: { publicIpAddresses, inboundRules, outboundRules } };
}
