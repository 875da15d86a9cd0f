import { randomUUID } from 'node:crypto';
import { ArmError, parseBody } from '../arm/errors.ts';
import { weakEtag } from '../arm/etag.ts';
import { sameId } from '../arm/ids.ts';
import type { ParsedPut, ResourceProvider } from '../arm/resource-provider.ts';
import type { JsonObject, ResourceView } from '../arm/resource.ts';
import { publicAddressUser } from './network/public-address-users.ts';
import { allocatePublicAddress, freeAddressOf } from './public-addresses.ts';
import {
  isPublicIpPrefix,
  type PublicIpAddressBody,
  publicIpAddressSchema,
  type PublicIpAddressState,
  publicIpAddressType,
  standardSku,
} from './public-ip-model.ts';
import { requireReference } from './references.ts';
import type { RegionWorld } from './world.ts';

type AddressPut = ParsedPut<PublicIpAddressBody, PublicIpAddressState>;

export function publicIpAddresses({ settings }: RegionWorld): ResourceProvider<PublicIpAddressBody, PublicIpAddressState> {
  return {
    type: publicIpAddressType,
    parse({ body, existing }) {
      const { location, tags, zones, properties } = parseBody(publicIpAddressSchema, body);
      const { publicIPPrefix, idleTimeoutInMinutes } = properties;
      return {
        location: location ?? existing?.body.location,
        tags,
        zones,
        properties: { publicIPPrefix, idleTimeoutInMinutes },
      };
    },
    validate({ body, existing }) {
      if (existing === undefined || samePrefix(existing.body, body)) return;
      throw new ArmError(400, 'PropertyChangeNotAllowed', "Changing property 'properties.publicIPPrefix' is not allowed.", {
        target: 'properties.publicIPPrefix',
      });
    },
    plan: (put) => ({
      state: put.existing?.state ?? { address: allocate(put, settings.addressPool), resourceGuid: randomUUID() },
    }),
    validateDelete({ id, name }, view) {
      const user = publicAddressUser(view, id);
      if (user === undefined) return;
      throw new ArmError(
        400,
        'PublicIPAddressCannotBeDeleted',
        `Public IP address ${name} can not be deleted since it is still allocated to resource ${user}. In order to delete the public IP, disassociate/detach it from the resource.`,
      );
    },
    toWire: (resource, view) => ({
      etag: weakEtag(resource),
      sku: standardSku,
      ...(resource.body.zones === undefined ? {} : { zones: resource.body.zones }),
      properties: {
        publicIPAddressVersion: 'IPv4',
        publicIPAllocationMethod: 'Static',
        idleTimeoutInMinutes: resource.body.properties.idleTimeoutInMinutes,
        ...(resource.body.properties.publicIPPrefix === undefined
          ? {}
          : { publicIPPrefix: resource.body.properties.publicIPPrefix }),
        ipAddress: resource.state.address,
        resourceGuid: resource.state.resourceGuid,
        ipTags: [],
        ...userOf(resource.id, view),
      },
    }),
  };
}

function samePrefix(a: PublicIpAddressBody, b: PublicIpAddressBody): boolean {
  return sameId(a.properties.publicIPPrefix?.id ?? '', b.properties.publicIPPrefix?.id ?? '');
}

function allocate({ id, body, view }: AddressPut, pool: string): string {
  const { publicIPPrefix } = body.properties;
  if (publicIPPrefix === undefined) return allocatePublicAddress(view, pool);
  const target = 'properties.publicIPPrefix';
  const prefix = requireReference(view, { id: publicIPPrefix.id, is: isPublicIpPrefix, from: id, target });
  const address = freeAddressOf(prefix, view);
  if (address !== undefined) return address;
  throw new ArmError(400, 'PublicIpPrefixOutOfIpAddresses', `IpPrefix ${prefix.id} has no address left.`, { target });
}

function userOf(id: string, view: ResourceView): JsonObject {
  const user = publicAddressUser(view, id);
  return user === undefined ? {} : { ipConfiguration: { id: user } };
}
