import type { JsonObject } from '../../arm/resource.ts';
import { maxAgentPools } from './agent-pool-rules.ts';
import { toAgentPoolProperties } from './agent-pool-view.ts';
import { clusterDigits } from './aks-names.ts';
import { clusterIdentityToWire, clusterIssuer } from './cluster-identity.ts';
import type { AgentPool, ManagedCluster } from './cluster-records.ts';
import { identityProfileToWire } from './kubelet-identity.ts';
import { minorVersion, patchVersion } from './kubernetes-version.ts';

/** The wire body (arm-facts 3.1). What it answers is acceptable as the body of a PUT. */
export function toManagedCluster(
  { id, name, body, state, etag }: ManagedCluster,
  pools: readonly AgentPool[],
  tenantId: string,
): JsonObject {
  const { properties } = body;
  const digits = clusterDigits(id);
  return {
    type: 'Microsoft.ContainerService/ManagedClusters',
    kind: 'Base',
    eTag: etag,
    sku: { ...body.sku },
    identity: clusterIdentityToWire({ body, state }, tenantId),
    properties: {
      powerState: { code: 'Running' },
      kubernetesVersion: properties.kubernetesVersion ?? minorVersion,
      currentKubernetesVersion: patchVersion,
      dnsPrefix: properties.dnsPrefix,
      fqdn: 'localhost',
      nodeResourceGroup: properties.nodeResourceGroup,
      enableRBAC: properties.enableRBAC,
      disableLocalAccounts: properties.disableLocalAccounts,
      maxAgentPools,
      supportPlan: 'KubernetesOfficial',
      oidcIssuerProfile: { enabled: true, issuerURL: clusterIssuer({ id, name }) },
      resourceUID: digits.padStart(24, '0'),
      servicePrincipalProfile: { clientId: 'msi' },
      ...identityProfileToWire(state),
      ...(properties.linuxProfile === undefined ? {} : { linuxProfile: properties.linuxProfile }),
      agentPoolProfiles: pools.map((pool) => ({
        name: pool.name,
        provisioningState: pool.provisioningState,
        ...toAgentPoolProperties(pool),
      })),
      networkProfile: toNetworkProfile({ body, state }),
    },
  };
}

function toNetworkProfile({ body, state }: Pick<ManagedCluster, 'body' | 'state'>): JsonObject {
  const { networkProfile } = body.properties;
  const outboundIps = state.outboundPublicIpId === undefined ? [] : [{ id: state.outboundPublicIpId }];
  return {
    ...networkProfile,
    staticEgressGatewayProfile: { ...networkProfile.staticEgressGatewayProfile },
    ...(networkProfile.podCidr === undefined ? {} : { podCidrs: [networkProfile.podCidr] }),
    serviceCidrs: [networkProfile.serviceCidr],
    loadBalancerProfile: {
      managedOutboundIPs: { count: 1 },
      effectiveOutboundIPs: outboundIps,
      backendPoolType: 'nodeIPConfiguration',
    },
  };
}
