import { parseResourceId } from '../arm/ids.ts';
import type { JsonObject, ResourceView } from '../arm/resource.ts';
import { toWireMac } from '../providers/private-addresses.ts';
import type { InterfaceState, StoredInstance } from '../providers/scale-set-model.ts';
import { findSubnet } from '../providers/virtual-network-model.ts';
import type { MetadataCaller } from './metadata-caller.ts';

/**
 * `/metadata/instance` (arm-facts 5.1; fields of version 2021-10-01). Every primitive is a string; what there is not is an empty one.
 * Clients find their own pool in `tags` (`name:value;name:value`).
 */
export function instanceDocument(caller: MetadataCaller, view: ResourceView): JsonObject {
  return {
    compute: toCompute(caller),
    network: { interface: caller.instance.state.interfaces.map((nic) => toInterface(nic, view)) },
  };
}

function toCompute({ instance, scaleSet }: MetadataCaller): JsonObject {
  const { id, body, state } = instance;
  const { subscriptionId, resourceGroup = '' } = parseResourceId(id, 'id');
  const { osProfile } = scaleSet.body.properties.virtualMachineProfile;
  const tags = Object.entries(body.tags ?? {});
  return {
    ...withoutMeaning,
    ...updateDomains(instance),
    azEnvironment: 'AzurePublicCloud',
    location: body.location ?? '',
    name: resourceName({ instance, scaleSet }),
    osProfile: {
      adminUsername: osProfile.adminUsername ?? '',
      computerName: state.computerName,
      disablePasswordAuthentication: 'true',
    },
    osType: 'Linux',
    placementGroupId: scaleSet.state.uniqueId,
    priority: 'Regular',
    provider: 'Microsoft.Compute',
    resourceGroupName: resourceGroup,
    resourceId: id,
    subscriptionId,
    tags: tags.map(([name, value]) => `${name}:${value}`).join(';'),
    tagsList: tags.map(([name, value]) => ({ name, value })),
    virtualMachineScaleSet: { id: scaleSet.id },
    vmId: state.vmId,
    vmScaleSetName: scaleSet.name,
    vmSize: body.sku.name,
  };
}

/** `SET_0`: what Compute and scheduled events call an instance. */
export function resourceName({ instance, scaleSet }: MetadataCaller): string {
  return `${scaleSet.name}_${instance.name}`;
}

function updateDomains({ name }: StoredInstance): JsonObject {
  const domains = 5; // what a scale set without zones has
  return { platformFaultDomain: '0', platformSubFaultDomain: '', platformUpdateDomain: String(Number(name) % domains) };
}

/** Members that clients expect to find and that a machine of this region has no value for. */
const withoutMeaning: JsonObject = {
  additionalCapabilities: { hibernationEnabled: 'false' },
  customData: '',
  evictionPolicy: '',
  extendedLocation: { name: '', type: '' },
  host: { id: '' },
  hostGroup: { id: '' },
  isHostCompatibilityLayerVm: 'false',
  isVmInStandbyPool: 'false',
  licenseType: '',
  offer: '',
  plan: { name: '', product: '', publisher: '' },
  publicKeys: [],
  publisher: '',
  securityProfile: { encryptionAtHost: 'false', secureBootEnabled: 'false', securityType: '', virtualTpmEnabled: 'false' },
  sku: '',
  storageProfile: { dataDisks: [], resourceDisk: { size: '' } },
  userData: '',
  version: '',
  zone: '',
};

function toInterface({ mac, ipConfigurations }: InterfaceState, view: ResourceView): JsonObject {
  const subnetIds = [...new Set(ipConfigurations.map(({ subnetId }) => subnetId.toLowerCase()))];
  return {
    ipv4: {
      ipAddress: ipConfigurations.map(({ privateAddress, publicAddress }) => ({
        privateIpAddress: privateAddress,
        publicIpAddress: publicAddress?.address ?? '',
      })),
      subnet: subnetIds.flatMap((subnetId) => {
        const prefix = findSubnet(view, subnetId)?.body.properties.addressPrefix;
        return prefix === undefined ? [] : [{ address: prefix.address, prefix: String(prefix.prefixLength) }];
      }),
    },
    ipv6: { ipAddress: [] },
    macAddress: toWireMac(mac).replaceAll('-', ''),
  };
}
