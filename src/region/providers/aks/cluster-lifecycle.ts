import { formatCidr } from '../../../base/addresses.ts';
import { controlPlaneMachine } from '../../../cluster/control-plane.ts';
import { sameId } from '../../arm/ids.ts';
import type { OperationContext } from '../../arm/resource-provider.ts';
import type { ResourceView } from '../../arm/resource.ts';
import { allocatePrivateAddress, newMacAddress, subnetPrefix } from '../private-addresses.ts';
import { clusterLoadBalancerId, withOutboundRule } from '../network/cluster-load-balancer.ts';
import { findLoadBalancer } from '../network/load-balancer-model.ts';
import { instancesOf } from '../scale-set-model.ts';
import type { RegionWorld } from '../world.ts';
import { clusterKey, outboundAddressName } from './aks-names.ts';
import { awaitClusterFeature, ensureClusterFeature } from './cluster-feature.ts';
import { dropClusterIdentity, ensureClusterIdentity } from './cluster-identity.ts';
import { managedNetwork, managedVirtualNetworkId } from './cluster-plan.ts';
import { networkPrefix } from './cluster-surroundings.ts';
import { listPools, type ManagedClusterState } from './cluster-records.ts';
import { toClusterSpec } from './cluster-specs.ts';
import { ensureKubeletIdentity } from './kubelet-identity.ts';
import type { ManagedClusterBody } from './managed-cluster-body.ts';
import { isEnabled } from './managed-cluster-rules.ts';
import { nodeResourceGroupId } from './node-resource-group.ts';

type ClusterContext = OperationContext<ManagedClusterBody, ManagedClusterState>;

/**
 * Makes the cluster what its resource says, however far an earlier attempt came. Static egress gateway is installed between control
 * plane and pools, so that the nodes of the pools start with it; it runs when they are there.
 */
export async function provisionCluster(world: RegionWorld, context: ClusterContext): Promise<void> {
  await ensureNodeResourceGroup(context);
  await ensureNodeNetwork(context);
  await ensureOutbound(context);
  ensureClusterIdentity(world, context);
  await ensureKubeletIdentity(context);
  ensureControlPlaneAddress(context);
  await startControlPlane(world, context);
  await ensureClusterFeature(world, context);
  for (const pool of listPools(context.view, context.resource.id)) await context.put(pool.id, { properties: {} });
  await awaitClusterFeature(world, context);
}

/** After a start of the region: the control plane, and a removal of static egress gateway that waits for the last attached pods. */
export async function restoreCluster(world: RegionWorld, context: ClusterContext): Promise<void> {
  await startControlPlane(world, context);
  if (!isEnabled(context.resource.body)) await ensureClusterFeature(world, context);
}

/** Boots the control plane unless it runs, opens its loopback port and waits for the API server. Before its first provisioning: nothing. */
async function startControlPlane({ platform, network }: RegionWorld, { resource, view, signal }: ClusterContext): Promise<void> {
  const cluster = toClusterSpec(resource);
  if (cluster === undefined) return;
  await network.apply();
  await platform.machines.start({
    name: controlPlaneMachine(cluster),
    address: cluster.address,
    subnet: cluster.subnet,
    content: async () => platform.clusters.controlPlaneContent(cluster),
  });
  await platform.clusters.ensureReady(cluster, signal);
  await platform.clusters.retainNodes(cluster, nodeNames(view, resource.id));
}

/** Of all instances of the cluster's pools, whatever their power. */
function nodeNames(view: ResourceView, clusterId: string): readonly string[] {
  return instancesOf(view).flatMap(({ state: { pool, computerName } }) =>
    pool !== undefined && sameId(pool.clusterId, clusterId) ? [computerName] : [],
  );
}

/** Pools first: their scale sets use the network that goes with the node resource group. */
export async function deprovisionCluster(world: RegionWorld, context: ClusterContext): Promise<void> {
  const { platform, network } = world;
  const { id, body } = context.resource;
  for (const pool of listPools(context.view, id)) await context.remove(pool.id);
  const cluster = toClusterSpec(context.resource);
  if (cluster !== undefined) {
    await platform.machines.wipe(controlPlaneMachine(cluster));
    await platform.clusters.remove(cluster);
  }
  context.setState({ controlPlane: undefined, outboundPublicIpId: undefined });
  await network.apply();
  await context.remove(nodeResourceGroupId(id, body.properties.nodeResourceGroup));
  dropClusterIdentity(world, context.resource);
}

async function ensureNodeResourceGroup(context: ClusterContext): Promise<void> {
  const { id, body } = context.resource;
  const groupId = nodeResourceGroupId(id, body.properties.nodeResourceGroup);
  const tags = { ...context.view.get(groupId)?.body.tags, ...body.tags };
  await context.put(groupId, { location: body.location, tags, managedBy: id });
}

async function ensureNodeNetwork(context: ClusterContext): Promise<void> {
  const { id, body, state } = context.resource;
  const networkId = managedVirtualNetworkId(id, body);
  if (!sameId(state.nodeSubnetId, `${networkId}/subnets/${managedNetwork.subnet}`)) return;
  if (context.view.get(networkId)?.provisioningState === 'Succeeded') return;
  await context.put(networkId, {
    location: body.location,
    properties: {
      addressSpace: { addressPrefixes: [managedNetwork.addressPrefix] },
      subnets: [{ name: managedNetwork.subnet, properties: { addressPrefix: managedNetwork.subnetPrefix } }],
    },
  });
}

/** The public address by which the nodes leave, and the load balancer that takes them there. */
async function ensureOutbound(context: ClusterContext): Promise<void> {
  const { id, body } = context.resource;
  const group = nodeResourceGroupId(id, body.properties.nodeResourceGroup);
  const addressId = `${group}/providers/Microsoft.Network/publicIPAddresses/${outboundAddressName(id)}`;
  if (context.view.get(addressId)?.provisioningState !== 'Succeeded')
    await context.put(addressId, {
      location: body.location,
      sku: { name: 'Standard', tier: 'Regional' },
      properties: { publicIPAddressVersion: 'IPv4', publicIPAllocationMethod: 'Static' },
    });
  context.setState({ outboundPublicIpId: addressId });
  const loadBalancerId = clusterLoadBalancerId(group);
  await context.put(
    loadBalancerId,
    withOutboundRule(findLoadBalancer(context.view, loadBalancerId), {
      loadBalancerId,
      location: body.location,
      frontend: outboundAddressName(id),
      publicAddressId: addressId,
    }),
  );
}

/** Chooses the control plane's address once, in one moment with storing it. */
function ensureControlPlaneAddress(context: ClusterContext): void {
  const { view, resource } = context;
  const { id, name, state } = resource;
  if (state.controlPlane !== undefined) return;
  const subnetId = state.nodeSubnetId;
  context.setState({
    nodeSubnet: formatCidr(subnetPrefix(view, subnetId)),
    nodeNetwork: formatCidr(networkPrefix(view, subnetId)),
    controlPlane: {
      machine: controlPlaneMachine({ key: clusterKey(id, name) }),
      subnetId,
      address: allocatePrivateAddress(view, subnetId),
      mac: newMacAddress(view),
      isConnected: true,
    },
  });
}
