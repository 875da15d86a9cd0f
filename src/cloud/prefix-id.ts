import { SegwError } from '../base/error.ts';

export interface PrefixId {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
}

const pattern =
  /^\/subscriptions\/(?<subscriptionId>[^/]+)\/resourceGroups\/(?<resourceGroup>[^/]+)\/providers\/Microsoft\.Network\/publicIPPrefixes\/(?<name>[^/]+)\/?$/i;

/** Reads the resource id of a public IP prefix. Throws `InvalidInput`. */
export function parsePrefixId(id: string): PrefixId {
  const { subscriptionId, resourceGroup, name } = pattern.exec(id)?.groups ?? {};
  if (subscriptionId !== undefined && resourceGroup !== undefined && name !== undefined)
    return { subscriptionId, resourceGroup, name };
  const form = '/subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/Microsoft.Network/publicIPPrefixes/NAME';
  throw new SegwError('InvalidInput', `"${id}" is not the resource id of a public IP prefix; expected the form ${form}`);
}

export function formatPrefixId({ subscriptionId, resourceGroup, name }: PrefixId): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Network/publicIPPrefixes/${name}`;
}
