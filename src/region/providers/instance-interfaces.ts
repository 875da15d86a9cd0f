import { ancestorId, parseResourceId } from '../arm/ids.ts';
import type { DerivedType } from '../arm/resource-provider.ts';
import type { JsonObject, ResourceView } from '../arm/resource.ts';
import { toWireMac } from './private-addresses.ts';
import { standardSku } from './public-ip-model.ts';
import {
  findInstance,
  instancesOf,
  instanceType,
  type InterfaceState,
  type IpConfigurationState,
  scaleSetType,
  type StoredInstance,
} from './scale-set-model.ts';

const interfaceType = `${instanceType}/networkInterfaces`;

/** The network interfaces of instances and what hangs on them: read-only, asked for under the compute service's path. */
export const instanceInterfaceTypes: readonly DerivedType[] = [
  { type: interfaceType, get: getInterface, list: listInterfaces },
  { type: `${scaleSetType}/networkInterfaces`, get: () => undefined, list: listSetInterfaces },
  {
    type: `${interfaceType}/ipConfigurations`,
    get: (id, view) => listIpConfigurations(ancestorId(id), view).find((one) => hasName(one, id)),
    list: listIpConfigurations,
  },
  {
    type: `${interfaceType}/ipConfigurations/publicIPAddresses`,
    get: (id, view) => listPublicAddresses(ancestorId(id), view).find((one) => hasName(one, id)),
    list: listPublicAddresses,
  },
  { type: `${scaleSetType}/publicIPAddresses`, get: () => undefined, list: listSetPublicAddresses },
];

interface Located {
  readonly instance: StoredInstance;
  readonly nic: InterfaceState;
}

function getInterface(id: string, view: ResourceView): JsonObject | undefined {
  return listInterfaces(ancestorId(id), view).find((one) => hasName(one, id));
}

function listInterfaces(instanceId: string, view: ResourceView): readonly JsonObject[] {
  const instance = findInstance(view, instanceId);
  return instance === undefined ? [] : instance.state.interfaces.map((nic) => toInterface({ instance, nic }));
}

function listSetInterfaces(setId: string, view: ResourceView): readonly JsonObject[] {
  return instancesOf(view, setId).flatMap((instance) => instance.state.interfaces.map((nic) => toInterface({ instance, nic })));
}

function listIpConfigurations(interfaceId: string, view: ResourceView): readonly JsonObject[] {
  const located = locate(interfaceId, view);
  return located === undefined
    ? []
    : located.nic.ipConfigurations.map((one, index) => toIpConfiguration(located, one, index === 0));
}

function listPublicAddresses(ipConfigurationId: string, view: ResourceView): readonly JsonObject[] {
  const located = locate(ancestorId(ipConfigurationId), view);
  const name = nameFrom(ipConfigurationId);
  const found = located?.nic.ipConfigurations.find((one) => one.name.toLowerCase() === name);
  return located === undefined || found === undefined ? [] : toPublicAddresses(located, found);
}

function listSetPublicAddresses(setId: string, view: ResourceView): readonly JsonObject[] {
  return instancesOf(view, setId).flatMap((instance) =>
    instance.state.interfaces.flatMap((nic) => nic.ipConfigurations.flatMap((one) => toPublicAddresses({ instance, nic }, one))),
  );
}

function locate(interfaceId: string, view: ResourceView): Located | undefined {
  const instance = findInstance(view, ancestorId(interfaceId));
  const nic = instance?.state.interfaces.find(({ name }) => name.toLowerCase() === nameFrom(interfaceId));
  return instance === undefined || nic === undefined ? undefined : { instance, nic };
}

function interfaceId({ instance, nic }: Located): string {
  return `${instance.id}/networkInterfaces/${nic.name}`;
}

function toInterface(located: Located): JsonObject {
  const { instance, nic } = located;
  const configuration = configurationsOf(instance).find(({ name }) => name === nic.name)?.properties;
  return {
    id: interfaceId(located),
    name: nic.name,
    type: interfaceType,
    location: instance.body.location,
    etag: `W/"${instance.etag}"`,
    properties: {
      provisioningState: 'Succeeded',
      primary: configuration?.primary ?? true,
      macAddress: toWireMac(nic.mac),
      enableIPForwarding: configuration?.enableIPForwarding ?? false,
      enableAcceleratedNetworking: configuration?.enableAcceleratedNetworking ?? false,
      ipConfigurations: nic.ipConfigurations.map((one, index) => toIpConfiguration(located, one, index === 0)),
      virtualMachine: { id: instance.id },
    },
  };
}

function toIpConfiguration(located: Located, one: IpConfigurationState, isPrimary: boolean): JsonObject {
  const id = `${interfaceId(located)}/ipConfigurations/${one.name}`;
  const configuration = configurationsOf(located.instance)
    .find(({ name }) => name === located.nic.name)
    ?.properties.ipConfigurations.find(({ name }) => name === one.name)?.properties;
  return {
    id,
    name: one.name,
    type: `${interfaceType}/ipConfigurations`,
    etag: `W/"${located.instance.etag}"`,
    properties: {
      provisioningState: 'Succeeded',
      primary: isPrimary,
      privateIPAddress: one.privateAddress,
      privateIPAddressVersion: 'IPv4',
      privateIPAllocationMethod: 'Dynamic',
      subnet: { id: one.subnetId },
      loadBalancerBackendAddressPools: (configuration?.loadBalancerBackendAddressPools ?? []).map((pool) => ({ id: pool.id })),
      ...(one.publicAddress === undefined
        ? {}
        : { publicIPAddress: { id: `${id}/publicIPAddresses/${one.publicAddress.name}` } }),
    },
  };
}

function toPublicAddresses(located: Located, { name, publicAddress }: IpConfigurationState): readonly JsonObject[] {
  if (publicAddress === undefined) return [];
  const ipConfigurationId = `${interfaceId(located)}/ipConfigurations/${name}`;
  return [
    {
      id: `${ipConfigurationId}/publicIPAddresses/${publicAddress.name}`,
      name: publicAddress.name,
      type: `${interfaceType}/ipConfigurations/publicIPAddresses`,
      location: located.instance.body.location,
      etag: `W/"${located.instance.etag}"`,
      sku: standardSku,
      properties: {
        provisioningState: 'Succeeded',
        ipAddress: publicAddress.address,
        publicIPAddressVersion: 'IPv4',
        publicIPAllocationMethod: 'Static',
        idleTimeoutInMinutes: 4,
        ipTags: [],
        ipConfiguration: { id: ipConfigurationId },
        ...(publicAddress.prefixId === undefined ? {} : { publicIPPrefix: { id: publicAddress.prefixId } }),
      },
    },
  ];
}

function configurationsOf({
  body,
}: StoredInstance): StoredInstance['body']['properties']['networkProfileConfiguration']['networkInterfaceConfigurations'] {
  return body.properties.networkProfileConfiguration.networkInterfaceConfigurations;
}

function hasName(one: JsonObject, id: string): boolean {
  const { name } = one;
  return typeof name === 'string' && name.toLowerCase() === nameFrom(id);
}

function nameFrom(id: string): string {
  return parseResourceId(id, 'id').segments.at(-1)?.name.toLowerCase() ?? '';
}
