import { type Cidr, parseCidr } from '../base/addresses.ts';
import { sameId } from './arm/ids.ts';
import type { ResourceView, StoredResource } from './arm/resource.ts';
import type { NetworkState, PortState, VirtualNetworkState } from './fabric/network-state.ts';
import { type ClusterNetwork, clusterNetworksOf } from './providers/cluster-network.ts';
import { desiredLoadBalancing, type IsUp, type LoadBalancing } from './providers/network/load-balancing.ts';
import { instancesOf, type InterfaceState, type StoredInstance } from './providers/scale-set-model.ts';
import {
  type StoredVirtualNetwork,
  subnetsOf,
  virtualNetworkIdOf,
  virtualNetworksOf,
} from './providers/virtual-network-model.ts';

/** An interface in the network, and whose it is. */
interface Attachment {
  readonly port: PortState;
  readonly subnetId: string;
  readonly podCidr: Cidr | undefined;
  readonly publicAddresses: VirtualNetworkState['publicAddresses'];
}

/** What the fabric has to carry, computed from everything that is stored, and from what the probes of load balancers found (default: all is well). */
export function desiredNetwork(view: ResourceView, isUp: IsUp = () => true): NetworkState {
  const clusters = clusterNetworksOf(view);
  const attachments = [...instancesOf(view).flatMap(instanceAttachments), ...clusters.flatMap(controlPlaneAttachment)];
  const loadBalancing = desiredLoadBalancing(view, isUp);
  const virtualNetworks = virtualNetworksOf(view)
    .filter(isStaying)
    .map((network) => {
      const own = attachments.filter(({ subnetId }) => sameId(virtualNetworkIdOf(subnetId), network.id));
      return toVirtualNetworkState({ network, view, own, loadBalancing });
    });
  return { virtualNetworks };
}

interface NetworkContext {
  readonly network: StoredVirtualNetwork;
  readonly view: ResourceView;
  readonly own: readonly Attachment[];
  readonly loadBalancing: LoadBalancing;
}

function toVirtualNetworkState({ network, view, own, loadBalancing }: NetworkContext): VirtualNetworkState {
  return {
    key: network.state.key,
    subnets: subnetsOf(view, network.id)
      .filter(isStaying)
      .map(({ body }) => body.properties.addressPrefix),
    ports: own.map(({ port }) => port),
    routes: own.flatMap(({ podCidr, port }) =>
      podCidr === undefined ? [] : [{ destination: podCidr, nextHop: primaryAddress(port) }],
    ),
    publicAddresses: own.flatMap(({ publicAddresses }) => publicAddresses),
    outbound: own.flatMap(({ port, publicAddresses }) => {
      const privateAddress = primaryAddress(port);
      // An own public address has precedence over outbound rules, and secondary addresses have none.
      if (publicAddresses.some((one) => one.privateAddress === privateAddress)) return [];
      const publicAddress = loadBalancing.outboundAddress(network.id, privateAddress) ?? network.state.outboundAddress;
      return [{ privateAddress, publicAddress }];
    }),
    loadBalancing: loadBalancing.rules(network.id),
  };
}

function instanceAttachments({ state }: StoredInstance): readonly Attachment[] {
  return state.interfaces.flatMap((nic, index) => {
    const primary = nic.ipConfigurations[0];
    if (primary === undefined) return [];
    return [
      {
        port: {
          machine: state.computerName,
          addresses: nic.ipConfigurations.map(({ privateAddress }) => privateAddress),
          mac: nic.mac,
          isConnected: state.power === 'running',
        },
        subnetId: primary.subnetId,
        podCidr: index === 0 && state.podCidr !== undefined ? parseCidr(state.podCidr, 'podCidr') : undefined,
        publicAddresses: publicAddressesOf(nic),
      },
    ];
  });
}

function publicAddressesOf({ ipConfigurations }: InterfaceState): Attachment['publicAddresses'] {
  return ipConfigurations.flatMap(({ privateAddress, publicAddress }) =>
    publicAddress === undefined ? [] : [{ privateAddress, publicAddress: publicAddress.address }],
  );
}

function controlPlaneAttachment({ state }: ClusterNetwork): readonly Attachment[] {
  if (state.controlPlane === undefined) return [];
  const { machine, subnetId, address, mac, isConnected } = state.controlPlane;
  const port = { machine, addresses: [address], mac, isConnected };
  return [{ port, subnetId, podCidr: undefined, publicAddresses: [] }];
}

function primaryAddress({ addresses }: PortState): string {
  return addresses[0] ?? '';
}

function isStaying({ provisioningState }: StoredResource<object>): boolean {
  return provisioningState !== 'Deleting';
}
