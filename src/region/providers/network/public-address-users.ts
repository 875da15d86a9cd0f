import { idKey, sameId } from '../../arm/ids.ts';
import { ArmError } from '../../arm/errors.ts';
import type { ResourceView } from '../../arm/resource.ts';
import { isPublicIpAddress } from '../public-ip-model.ts';
import { requireReference } from '../references.ts';
import { loadBalancersOf, partId } from './load-balancer-model.ts';
import { networkInterfacesOf } from './network-interface-model.ts';

/** The frontend or IP configuration that has this publicIPAddresses resource; undefined when nobody has. */
export function publicAddressUser(view: ResourceView, addressId: string): string | undefined {
  return publicAddressUsers(view).find(([used]) => sameId(used, addressId))?.[1];
}

interface UseRequest {
  readonly id: string;
  /** The frontend or IP configuration that wants it. Its own earlier use is none. */
  readonly from: string;
  readonly target: string;
}

/** Throws 400 unless the public address exists and is free for `from`. */
export function requireFreePublicAddress(view: ResourceView, { id, from, target }: UseRequest): void {
  requireReference(view, { id, is: isPublicIpAddress, from, target });
  const user = publicAddressUsers(view).find(([used, by]) => sameId(used, id) && idKey(by) !== idKey(from))?.[1];
  if (user === undefined) return;
  throw new ArmError(
    400,
    'PublicIPAddressInUse',
    `Resource ${from} is referencing public IP address ${id} that is already allocated to resource ${user}.`,
    { target },
  );
}

function publicAddressUsers(view: ResourceView): readonly (readonly [addressId: string, by: string])[] {
  const frontends = loadBalancersOf(view).flatMap(({ id, body }) =>
    body.properties.frontendIPConfigurations.map(
      ({ name, properties }) => [properties.publicIPAddress?.id, partId(id, 'frontendIPConfigurations', name)] as const,
    ),
  );
  const interfaces = networkInterfacesOf(view).flatMap(({ id, body }) =>
    body.properties.ipConfigurations.map(
      ({ name, properties }) => [properties.publicIPAddress?.id, `${id}/ipConfigurations/${name}`] as const,
    ),
  );
  return [...frontends, ...interfaces].flatMap(([addressId, by]) => (addressId === undefined ? [] : [[addressId, by] as const]));
}
