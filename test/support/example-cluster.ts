import { parseCidr } from '../../src/base/addresses.ts';
import type { ClusterSpec, NodeSpec } from '../../src/cluster/cluster-platform.ts';

/** A cluster as `az aks create` makes it by default. */
export const exampleCluster: ClusterSpec = {
  key: 'c1',
  name: 'mycluster',
  resourceGroup: 'rg',
  nodeResourceGroup: 'MC_rg_mycluster_westus',
  location: 'westus',
  address: '10.224.0.4',
  subnet: parseCidr('10.224.0.0/16', 'subnet'),
  podCidr: parseCidr('10.244.0.0/16', 'podCidr'),
  serviceCidr: parseCidr('10.0.0.0/16', 'serviceCidr'),
  dnsServiceAddress: '10.0.0.10',
  apiPort: 16443,
  hasStaticEgressGateway: false,
};

/** The first node of its gateway pool, with a label of the user's that a kubelet may not set. */
export const exampleGatewayNode: NodeSpec = {
  name: 'aks-gwpool-12345678-vmss000000',
  address: '10.224.0.5',
  podCidr: parseCidr('10.244.1.0/24', 'podCidr'),
  providerId:
    'azure:///subscriptions/s/resourceGroups/mc/providers/Microsoft.Compute/virtualMachineScaleSets/v/virtualMachines/0',
  vmSize: 'Standard_D2s_v5',
  labels: {
    'kubernetes.azure.com/agentpool': 'gwpool',
    'kubernetes.azure.com/mode': 'gateway',
    'node-role.kubernetes.io/gateway': '',
  },
  taints: ['kubernetes.azure.com/mode=gateway:NoSchedule'],
  formerLabels: [],
  formerTaints: [],
  maxPods: 250,
};
