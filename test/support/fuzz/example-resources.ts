import type { JsonObject } from '../../../src/region/arm/resource.ts';

/** A valid resource of a type: what a PUT of it sends, and what it stands on. */
export interface ExampleResource {
  readonly type: string;
  readonly path: string;
  readonly body: JsonObject;
  /** Put first, and there as long as the tests run. */
  readonly needs?: readonly ExampleResource[];
  /** Bodies of its actions; `{}` for one that is not here. */
  readonly actions?: Readonly<Record<string, JsonObject>>;
  /** The resource whose PUT makes it, where it has no PUT of its own. */
  readonly madeBy?: ExampleResource;
}

const location = 'local';

/** One valid resource of each type, all in one group. `subscription`: `/subscriptions/ID`; `principalId`: of somebody who exists. */
export function exampleResources(subscription: string, principalId: string): readonly ExampleResource[] {
  const group: ExampleResource = {
    type: 'Microsoft.Resources/resourceGroups',
    path: `${subscription}/resourceGroups/rg`,
    body: { location },
  };
  const under = (provider: string): string => `${group.path}/providers/${provider}`;
  const network = networkExample(under('Microsoft.Network/virtualNetworks/net'), '10.0.0.0');
  const subnetId = `${network.path}/subnets/s`;
  const prefix = {
    type: 'Microsoft.Network/publicIPPrefixes',
    path: under('Microsoft.Network/publicIPPrefixes/base'),
    body: {
      location,
      sku: { name: 'Standard', tier: 'Regional' },
      tags: { a: 'b' },
      properties: { prefixLength: 28, publicIPAddressVersion: 'IPv4' },
    },
  };
  const address = {
    type: 'Microsoft.Network/publicIPAddresses',
    path: under('Microsoft.Network/publicIPAddresses/base'),
    body: {
      location,
      sku: { name: 'Standard' },
      properties: { publicIPAllocationMethod: 'Static', publicIPPrefix: { id: prefix.path } },
    },
  };
  const identity = {
    type: 'Microsoft.ManagedIdentity/userAssignedIdentities',
    path: under('Microsoft.ManagedIdentity/userAssignedIdentities/base'),
    body: { location, tags: { a: 'b' } },
  };
  const set = scaleSetExample(under('Microsoft.Compute/virtualMachineScaleSets/base'), { subnetId, prefixId: prefix.path });
  const cluster = clusterExample(under('Microsoft.ContainerService/managedClusters/base'));
  return [
    { ...group, path: `${subscription}/resourceGroups/fuzz` },
    ...[network, prefix, identity].map(throwaway),
    { ...throwaway(address), needs: [prefix] },
    {
      type: 'Microsoft.Network/virtualNetworks/subnets',
      path: `${network.path}/subnets/fuzz`,
      body: { properties: { addressPrefix: '10.0.9.0/24' } },
      needs: [network],
    },
    { ...loadBalancerExample(under('Microsoft.Network/loadBalancers/fuzz'), address.path), needs: [prefix, address] },
    { ...networkInterfaceExample(under('Microsoft.Network/networkInterfaces/fuzz'), subnetId), needs: [network] },
    { ...throwaway(set), needs: [network, prefix] },
    {
      type: 'Microsoft.Compute/virtualMachineScaleSets/virtualMachines',
      path: `${throwaway(set).path}/virtualMachines/0`,
      body: instanceBody(set),
      needs: [network, prefix],
      madeBy: throwaway(set),
    },
    throwaway(cluster),
    {
      type: 'Microsoft.ContainerService/managedClusters/agentPools',
      path: `${cluster.path}/agentPools/fuzz`,
      body: {
        properties: {
          mode: 'User',
          count: 1,
          vmSize: 'Standard_D2s_v5',
          osType: 'Linux',
          nodeLabels: { a: 'b' },
          nodeTaints: ['k=v:NoSchedule'],
        },
      },
      needs: [cluster],
    },
    {
      type: 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials',
      path: `${identity.path}/federatedIdentityCredentials/fuzz`,
      body: {
        properties: {
          issuer: 'https://issuer.example/',
          subject: 'system:serviceaccount:a:b',
          audiences: ['api://AzureADTokenExchange'],
        },
      },
      needs: [identity],
    },
    ...authorizationExamples(group.path, principalId),
  ].map((example) => ({ ...example, needs: [group, ...(example.needs ?? [])] }));
}

/** The same in another name, for what a test makes and takes away. */
function throwaway(example: ExampleResource): ExampleResource {
  return { ...example, path: example.path.replace(/[^/]+$/, 'fuzz') };
}

function networkExample(path: string, address: string): ExampleResource {
  const subnets = [{ name: 's', properties: { addressPrefix: `${address}/22` } }];
  return {
    type: 'Microsoft.Network/virtualNetworks',
    path,
    body: { location, tags: {}, properties: { addressSpace: { addressPrefixes: [`${address}/16`] }, subnets } },
  };
}

function scaleSetExample(
  path: string,
  { subnetId, prefixId }: { readonly subnetId: string; readonly prefixId: string },
): ExampleResource {
  const publicIPAddressConfiguration = { name: 'pub', properties: { publicIPPrefix: { id: prefixId } } };
  const ipConfigurations = [
    { name: 'ip', properties: { primary: true, subnet: { id: subnetId } } },
    { name: 'egress', properties: { primary: false, subnet: { id: subnetId }, publicIPAddressConfiguration } },
  ];
  return {
    type: 'Microsoft.Compute/virtualMachineScaleSets',
    path,
    body: {
      location,
      tags: { a: 'b' },
      sku: { name: 'Standard_D2s_v5', tier: 'Standard', capacity: 1 },
      properties: {
        upgradePolicy: { mode: 'Manual' },
        virtualMachineProfile: {
          osProfile: { computerNamePrefix: 'fuzz' },
          networkProfile: { networkInterfaceConfigurations: [{ name: 'nic', properties: { primary: true, ipConfigurations } }] },
        },
      },
    },
    actions: Object.fromEntries(
      ['start', 'powerOff', 'restart', 'deallocate', 'reimage', 'manualupgrade', 'delete'].map((name) => [
        name,
        { instanceIds: ['0'] },
      ]),
    ),
  };
}

function instanceBody({ body }: ExampleResource): JsonObject {
  const set: { readonly properties: { readonly virtualMachineProfile: { readonly networkProfile: JsonObject } } } = JSON.parse(
    JSON.stringify(body),
  );
  return { location, properties: { networkProfileConfiguration: set.properties.virtualMachineProfile.networkProfile } };
}

function clusterExample(path: string): ExampleResource {
  return {
    type: 'Microsoft.ContainerService/managedClusters',
    path,
    body: {
      location,
      identity: { type: 'SystemAssigned' },
      tags: { a: 'b' },
      properties: {
        kubernetesVersion: '',
        dnsPrefix: 'c',
        agentPoolProfiles: [
          { name: 'nodepool1', mode: 'System', type: 'VirtualMachineScaleSets', osType: 'Linux', count: 1, vmSize: '' },
        ],
        networkProfile: {
          networkPlugin: 'azure',
          networkPluginMode: 'overlay',
          podCidr: '10.244.0.0/16',
          serviceCidr: '10.0.0.0/16',
          dnsServiceIP: '10.0.0.10',
          loadBalancerSku: 'standard',
          outboundType: 'loadBalancer',
          staticEgressGatewayProfile: { enabled: true },
        },
      },
    },
  };
}

function loadBalancerExample(path: string, addressId: string): ExampleResource {
  const frontend = { id: `${path}/frontendIPConfigurations/front` };
  const pool = { id: `${path}/backendAddressPools/pool` };
  return {
    type: 'Microsoft.Network/loadBalancers',
    path,
    body: {
      location,
      sku: { name: 'Standard', tier: 'Regional' },
      properties: {
        frontendIPConfigurations: [{ name: 'front', properties: { publicIPAddress: { id: addressId } } }],
        backendAddressPools: [{ name: 'pool' }],
        probes: [{ name: 'probe', properties: { protocol: 'Tcp', port: 80, intervalInSeconds: 5, numberOfProbes: 2 } }],
        loadBalancingRules: [
          {
            name: 'rule',
            properties: {
              frontendIPConfiguration: frontend,
              backendAddressPool: pool,
              probe: { id: `${path}/probes/probe` },
              protocol: 'Tcp',
              frontendPort: 80,
              backendPort: 8080,
            },
          },
        ],
        outboundRules: [
          { name: 'out', properties: { frontendIPConfigurations: [frontend], backendAddressPool: pool, protocol: 'All' } },
        ],
      },
    },
  };
}

function networkInterfaceExample(path: string, subnetId: string): ExampleResource {
  return {
    type: 'Microsoft.Network/networkInterfaces',
    path,
    body: { location, properties: { ipConfigurations: [{ name: 'ip', properties: { subnet: { id: subnetId } } }] } },
  };
}

const readerRole = 'acdd72a7-3385-48ef-bd42-f606fba81ae7';

function authorizationExamples(scope: string, principalId: string): readonly ExampleResource[] {
  const provider = `${scope}/providers/Microsoft.Authorization`;
  const roleDefinitionId = `${provider}/roleDefinitions/${readerRole}`;
  const permissions = [{ actions: ['Microsoft.Network/*/read'], notActions: [], dataActions: [], notDataActions: [] }];
  return [
    {
      type: 'Microsoft.Authorization/roleDefinitions',
      path: `${provider}/roleDefinitions/11111111-1111-4111-8111-111111111111`,
      body: { properties: { roleName: 'fuzz', description: 'd', type: 'CustomRole', permissions, assignableScopes: [scope] } },
    },
    {
      type: 'Microsoft.Authorization/roleAssignments',
      path: `${provider}/roleAssignments/22222222-2222-4222-8222-222222222222`,
      body: { properties: { roleDefinitionId, principalId, principalType: 'ServicePrincipal' } },
    },
  ];
}
