import { parseCidr } from '../../../base/addresses.ts';
import type { ClusterSpec, NodeSpec } from '../../../cluster/cluster-platform.ts';
import { parseResourceId } from '../../arm/ids.ts';
import type { PoolInstance } from '../world.ts';
import { clusterKey } from './aks-names.ts';
import type { AgentPool, ManagedCluster } from './cluster-records.ts';
import { isEnabled } from './managed-cluster-rules.ts';
import { desiredNodeLabels, desiredNodeTaints } from './pool-nodes.ts';

/** The cluster as the cluster room knows it; undefined before its control plane has an address. */
export function toClusterSpec({ id, name, body, state }: ManagedCluster): ClusterSpec | undefined {
  const { controlPlane, nodeSubnet, nodeNetwork = nodeSubnet, apiPort } = state;
  if (controlPlane === undefined || nodeSubnet === undefined || nodeNetwork === undefined) return undefined;
  const { networkProfile, nodeResourceGroup } = body.properties;
  return {
    key: clusterKey(id, name),
    name,
    resourceGroup: parseResourceId(id, 'id').resourceGroup ?? '',
    nodeResourceGroup,
    location: body.location ?? '',
    address: controlPlane.address,
    subnet: parseCidr(nodeSubnet, 'node subnet'),
    podCidr: parseCidr(networkProfile.podCidr ?? nodeNetwork, 'podCidr'),
    serviceCidr: parseCidr(networkProfile.serviceCidr, 'serviceCidr'),
    dnsServiceAddress: networkProfile.dnsServiceIP,
    apiPort,
    hasStaticEgressGateway: isEnabled(body),
  };
}

export function toNodeSpec(instance: PoolInstance, { name, body, state }: AgentPool): NodeSpec {
  return {
    name: instance.name,
    address: instance.address,
    podCidr: parseCidr(instance.podCidr, 'pod network of the node'),
    providerId: `azure://${instance.id}`,
    vmSize: instance.vmSize,
    labels: desiredNodeLabels(name, body.properties),
    taints: desiredNodeTaints(body.properties),
    formerLabels: state.formerLabels ?? [],
    formerTaints: state.formerTaints ?? [],
    maxPods: body.properties.maxPods,
  };
}
