import type { ManagedCluster } from '@azure/arm-containerservice';
import { definedOnly } from '../../base/defined.ts';

/** The flags of `segw aks create`, named as az names them. */
export interface CreateFlags {
  readonly name: string;
  readonly nodepoolName: string;
  readonly nodeCount: number;
  readonly nodeVmSize?: string;
  readonly kubernetesVersion?: string;
  readonly podCidr?: string;
  readonly serviceCidr?: string;
  readonly dnsServiceIp?: string;
  readonly vnetSubnetId?: string;
  readonly enableStaticEgressGateway?: boolean;
  readonly tags?: Readonly<Record<string, string>>;
}

/** A new cluster as az asks for it (arm-facts 1.4): what is not given, the service chooses. */
export function desiredCluster(flags: CreateFlags, location: string): ManagedCluster {
  const isGatewayEnabled = flags.enableStaticEgressGateway === true;
  return {
    location,
    sku: { name: 'Base', tier: 'Free' },
    identity: { type: 'SystemAssigned' },
    dnsPrefix: flags.name,
    enableRbac: true,
    ...definedOnly({ kubernetesVersion: flags.kubernetesVersion, tags: flags.tags && { ...flags.tags } }),
    agentPoolProfiles: [
      {
        name: flags.nodepoolName,
        mode: 'System',
        type: 'VirtualMachineScaleSets',
        osType: 'Linux',
        count: flags.nodeCount,
        ...definedOnly({ vmSize: flags.nodeVmSize, vnetSubnetID: flags.vnetSubnetId }),
      },
    ],
    networkProfile: {
      loadBalancerSku: 'standard',
      outboundType: 'loadBalancer',
      ...definedOnly({ podCidr: flags.podCidr, serviceCidr: flags.serviceCidr, dnsServiceIP: flags.dnsServiceIp }),
      ...(isGatewayEnabled ? { staticEgressGatewayProfile: { enabled: true } } : {}),
    },
  };
}

export interface UpdateFlags {
  readonly enableStaticEgressGateway?: boolean;
  readonly disableStaticEgressGateway?: boolean;
  readonly tags?: Readonly<Record<string, string>>;
}

/** The whole object read back, with what the flags change: the service knows no smaller update (arm-facts 1.5). */
export function changedCluster(cluster: ManagedCluster, flags: UpdateFlags): ManagedCluster {
  const isToggled = flags.enableStaticEgressGateway === true || flags.disableStaticEgressGateway === true;
  const profile = { enabled: flags.enableStaticEgressGateway === true };
  return {
    ...cluster,
    ...(flags.tags === undefined ? {} : { tags: { ...flags.tags } }),
    ...(isToggled ? { networkProfile: { ...cluster.networkProfile, staticEgressGatewayProfile: profile } } : {}),
  };
}
