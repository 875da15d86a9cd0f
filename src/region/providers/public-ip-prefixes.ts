import { randomUUID } from 'node:crypto';
import { formatCidr } from '../../base/addresses.ts';
import { ArmError, parseBody } from '../arm/errors.ts';
import { weakEtag } from '../arm/etag.ts';
import type { ResourceProvider } from '../arm/resource-provider.ts';
import { addressUses, allocatePrefix } from './public-addresses.ts';
import {
  type PublicIpPrefixBody,
  publicIpPrefixSchema,
  type PublicIpPrefixState,
  publicIpPrefixType,
  standardSku,
} from './public-ip-model.ts';
import type { RegionWorld } from './world.ts';

/** What Azure gives without a quota: /28 (16 addresses) to /31 (2). */
const limits = { shortest: 28, longest: 31 } as const;

export function publicIpPrefixes({ settings }: RegionWorld): ResourceProvider<PublicIpPrefixBody, PublicIpPrefixState> {
  return {
    type: publicIpPrefixType,
    parse({ body, existing }) {
      const { location, tags, zones, properties } = parseBody(publicIpPrefixSchema, body);
      return {
        location: location ?? existing?.body.location,
        tags,
        zones,
        properties: { prefixLength: properties.prefixLength },
      };
    },
    validate({ id, body, existing }) {
      const { prefixLength } = body.properties;
      if (existing !== undefined && existing.body.properties.prefixLength !== prefixLength)
        throw new ArmError(400, 'PropertyChangeNotAllowed', "Changing property 'properties.prefixLength' is not allowed.", {
          target: 'properties.prefixLength',
        });
      if (prefixLength < limits.shortest || prefixLength > limits.longest)
        throw new ArmError(
          400,
          'SpecifiedPrefixLengthNotSupported',
          `Specified PrefixLength ${String(prefixLength)} for PublicIpPrefix ${id} is outside limits. Minimum PrefixLength ${String(limits.shortest)} Maximum PrefixLength ${String(limits.longest)}.`,
          { target: 'properties.prefixLength' },
        );
    },
    plan: ({ body, existing, view }) => ({
      state: existing?.state ?? {
        network: allocatePrefix(view, settings.prefixPool, body.properties.prefixLength),
        resourceGuid: randomUUID(),
      },
    }),
    validateDelete({ id }, view) {
      const uses = addressUses(view, id);
      if (uses.length === 0) return;
      throw new ArmError(
        400,
        'InUsePublicIpPrefixCannotBeDeleted',
        `Public IP prefix ${id} cannot be deleted: addresses of it are in use by ${uses.map((use) => use.id).join(', ')}.`,
      );
    },
    toWire: (resource, view) => ({
      etag: weakEtag(resource),
      sku: standardSku,
      ...(resource.body.zones === undefined ? {} : { zones: resource.body.zones }),
      properties: {
        prefixLength: resource.body.properties.prefixLength,
        publicIPAddressVersion: 'IPv4',
        ipPrefix: formatCidr(resource.state.network),
        resourceGuid: resource.state.resourceGuid,
        ipTags: [],
        publicIPAddresses: addressUses(view, resource.id).map(({ id }) => ({ id })),
      },
    }),
  };
}
