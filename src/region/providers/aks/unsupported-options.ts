import { minorVersion, patchVersion } from './kubernetes-version.ts';
import type { Problem } from './refusal.ts';

/** A member that Azure knows and that nothing here would act on. */
interface UnsupportedOption {
  /** Wire path. */
  readonly path: string;
  readonly why: string;
  /** Values that say what is so anyway. Default: whatever asks for nothing. */
  readonly only?: readonly unknown[];
  readonly code?: string;
}

/** Refused in a body of the cluster: what the region has not, in words that say so. */
const clusterOptions: readonly UnsupportedOption[] = [
  { path: 'sku.name', only: ['Base', 'Basic'], why: 'clusters of this region are not run automatically' },
  { path: 'kind', only: ['Base'], why: 'clusters of this region are not run automatically' },
  { path: 'extendedLocation', why: 'this region has no edge zones' },
  { path: 'properties.aadProfile', why: 'users come in with certificates, not through Entra ID' },
  { path: 'properties.addonProfiles', why: 'this region has no add-ons' },
  { path: 'properties.aiToolchainOperatorProfile', why: 'this region has no such operator' },
  { path: 'properties.apiServerAccessProfile', why: 'the API server is reached on the loopback of this host' },
  { path: 'properties.autoScalerProfile', why: 'there is no cluster autoscaler in this region' },
  { path: 'properties.autoUpgradeProfile.upgradeChannel', only: ['none'], why: 'nothing is upgraded by itself in this region' },
  {
    path: 'properties.autoUpgradeProfile.nodeOSUpgradeChannel',
    only: ['None', 'Unmanaged'],
    why: 'nothing is upgraded by itself in this region',
  },
  { path: 'properties.azureMonitorProfile', why: 'this region has no Azure Monitor' },
  { path: 'properties.bootstrapProfile.artifactSource', only: ['Direct'], why: 'there is no container registry in this region' },
  { path: 'properties.bootstrapProfile.containerRegistryId', why: 'there is no container registry in this region' },
  { path: 'properties.diskEncryptionSetID', why: 'disks are folders of this host' },
  { path: 'properties.enableRBAC', only: [true], why: 'clusters of this region have role-based access control' },
  { path: 'properties.fqdnSubdomain', why: 'API servers have no name in a public DNS' },
  { path: 'properties.httpProxyConfig', why: 'nodes reach the network without a proxy' },
  { path: 'properties.hostedSystemProfile', why: 'system pods run on the nodes' },
  { path: 'properties.ingressProfile', why: 'this region has no managed ingress' },
  { path: 'properties.metricsProfile', why: 'this region has no cost analysis' },
  { path: 'properties.networkProfile.advancedNetworking', why: 'this region has none of it' },
  { path: 'properties.networkProfile.kubeProxyConfig', why: 'kube-proxy is set up by the service' },
  { path: 'properties.networkProfile.natGatewayProfile', why: 'clusters leave by a load balancer' },
  { path: 'properties.networkProfile.networkMode', only: ['transparent'], why: 'a pod has a veth pair of its own' },
  {
    path: 'properties.networkProfile.loadBalancerProfile.managedOutboundIPs.count',
    only: [1],
    why: 'a cluster leaves by one public address',
  },
  {
    path: 'properties.networkProfile.loadBalancerProfile.managedOutboundIPs.countIPv6',
    only: [0],
    why: 'this region has no IPv6',
  },
  { path: 'properties.networkProfile.loadBalancerProfile.outboundIPs', why: 'a cluster leaves by an address that it is given' },
  {
    path: 'properties.networkProfile.loadBalancerProfile.outboundIPPrefixes',
    why: 'a cluster leaves by an address that it is given',
  },
  {
    path: 'properties.networkProfile.loadBalancerProfile.allocatedOutboundPorts',
    only: [0],
    why: 'ports of outbound connections are not divided among nodes',
  },
  {
    path: 'properties.networkProfile.loadBalancerProfile.idleTimeoutInMinutes',
    only: [30],
    why: 'the idle time of outbound connections is fixed',
  },
  {
    path: 'properties.networkProfile.loadBalancerProfile.backendPoolType',
    only: ['nodeIPConfiguration'],
    why: 'nodes are in the backend pool by their IP configurations',
  },
  {
    path: 'properties.nodeProvisioningProfile.mode',
    only: ['Manual'],
    why: 'nodes come from agent pools only',
  },
  {
    path: 'properties.nodeResourceGroupProfile.restrictionLevel',
    only: ['Unrestricted'],
    why: 'the node resource group is open to its subscription',
  },
  { path: 'properties.oidcIssuerProfile.enabled', only: [true], why: 'every cluster of this region has an issuer' },
  { path: 'properties.podIdentityProfile', why: 'use workload identity' },
  { path: 'properties.publicNetworkAccess', only: ['Enabled'], why: 'the API server is reached on the loopback of this host' },
  {
    path: 'properties.securityProfile',
    why: 'of workload identity only the webhook is missing (project the token in the pod yourself), and there is nothing of the rest',
  },
  { path: 'properties.serviceMeshProfile.mode', only: ['Disabled'], why: 'this region has no managed service mesh' },
  {
    path: 'properties.servicePrincipalProfile.clientId',
    only: ['msi'],
    why: 'clusters of this region have a managed identity',
  },
  { path: 'properties.storageProfile', why: 'this region has no disks and file shares for pods' },
  { path: 'properties.supportPlan', only: ['KubernetesOfficial'], why: 'there is one version of Kubernetes' },
  { path: 'properties.windowsProfile', why: 'machines of this region run Linux' },
  { path: 'properties.workloadAutoScalerProfile', why: 'this region has none of it' },
];

/** The same for an agent pool. */
const poolOptions: readonly UnsupportedOption[] = [
  { path: 'properties.artifactStreamingProfile', why: 'images are imported into the nodes' },
  { path: 'properties.capacityReservationGroupID', why: 'this host is the only one' },
  { path: 'properties.creationData', why: 'nodes begin with the image of the service' },
  { path: 'properties.enableEncryptionAtHost', why: 'disks are folders of this host' },
  { path: 'properties.enableFIPS', why: 'there is one image for nodes, and it is not validated for FIPS' },
  { path: 'properties.enableNodePublicIP', why: 'nodes leave by the address of their cluster' },
  { path: 'properties.enableUltraSSD', why: 'disks are folders of this host' },
  { path: 'properties.gpuInstanceProfile', why: 'machines of this region have no GPU' },
  { path: 'properties.gpuProfile', why: 'machines of this region have no GPU' },
  { path: 'properties.hostGroupID', why: 'this host is the only one' },
  { path: 'properties.kubeletConfig', why: 'kubelets are set up by the service' },
  { path: 'properties.kubeletDiskType', only: ['OS'], why: 'a machine has one disk' },
  { path: 'properties.linuxOSConfig', why: 'sysctls of nodes are those of this host' },
  { path: 'properties.localDNSProfile', why: 'pods ask CoreDNS' },
  { path: 'properties.messageOfTheDay', why: 'nobody logs in to a node' },
  { path: 'properties.networkProfile', why: 'nodes have no public addresses of their own' },
  { path: 'properties.nodePublicIPPrefixID', why: 'nodes leave by the address of their cluster' },
  {
    path: 'properties.orchestratorVersion',
    only: [minorVersion, patchVersion],
    code: 'K8sVersionNotSupported',
    why: 'there is one version of Kubernetes',
  },
  {
    path: 'properties.podIPAllocationMode',
    only: ['StaticBlock'],
    why: 'a node gets a block of the pod subnet',
  },
  {
    path: 'properties.powerState.code',
    only: ['Running'],
    why: 'agent pools are not stopped in this region; a pool of mode User can be scaled to 0',
  },
  { path: 'properties.proximityPlacementGroupID', why: 'this host is the only one' },
  { path: 'properties.scaleDownMode', only: ['Delete'], why: 'a node that is scaled in is deleted' },
  { path: 'properties.scaleSetPriority', only: ['Regular'], why: 'there are no spot machines' },
  { path: 'properties.securityProfile.sshAccess', only: ['LocalUser'], why: 'nobody logs in to a node' },
  { path: 'properties.securityProfile.enableSecureBoot', why: 'machines have no firmware' },
  { path: 'properties.securityProfile.enableVTPM', why: 'machines have no firmware' },
  { path: 'properties.spotMaxPrice', only: [-1], why: 'there are no spot machines' },
  {
    path: 'properties.upgradeSettings.maxSurge',
    only: ['0', '0%'],
    why: 'nodes are re-imaged in place, one after another: no node is added meanwhile',
  },
  {
    path: 'properties.upgradeSettings.maxUnavailable',
    only: ['0', '1'],
    why: 'nodes are re-imaged in place, one after another',
  },
  {
    path: 'properties.upgradeSettings.nodeSoakDurationInMinutes',
    only: [0],
    why: 'the next node follows when the last one serves',
  },
  {
    path: 'properties.upgradeSettings.undrainableNodeBehavior',
    only: ['Schedule'],
    why: 'pods that cannot be evicted in time go with their node',
  },
  { path: 'properties.windowsProfile', why: 'machines of this region run Linux' },
  { path: 'properties.workloadRuntime', only: ['OCIContainer'], why: 'nodes run containers' },
];

export function unsupportedClusterOptions(request: unknown): readonly Problem[] {
  return clusterOptions.flatMap((option) => problemOf(option, request) ?? []);
}

export function unsupportedPoolOptions(request: unknown): readonly Problem[] {
  return poolOptions.flatMap((option) => problemOf(option, request) ?? []);
}

function problemOf(
  { path, why, only, code = 'NotSupportedInThisRegion' }: UnsupportedOption,
  request: unknown,
): Problem | undefined {
  const value = memberAt(request, path.split('.'));
  const isHarmless =
    only === undefined ? asksForNothing(value) : value === undefined || value === null || value === '' || isAny(only, value);
  if (isHarmless) return undefined;
  const allowed = only === undefined ? '' : `; allowed: ${only.map(String).join(', ')}`;
  const given = typeof value === 'object' ? '' : ` ${JSON.stringify(value).slice(0, 100)}`;
  return {
    code,
    message: `The value${given} of parameter ${path.replace(/^properties\./, '')} is not supported in this region${allowed} (${why}).`,
    target: path,
  };
}

function memberAt(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return value;
  return isRecord(value) ? memberAt(value[name], rest) : undefined;
}

/** Absent, empty, off, or made of such: az fills bodies with these. What says that it is off may say more. */
function asksForNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (!isRecord(value)) return false;
  return value['enabled'] === false || Object.values(value).every(asksForNothing);
}

function isAny(only: readonly unknown[], value: unknown): boolean {
  return only.some((one) => (typeof one === 'string' ? one.toLowerCase() === String(value).toLowerCase() : one === value));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
