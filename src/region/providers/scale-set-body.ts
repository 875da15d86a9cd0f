import { ArmError, parseBody } from '../arm/errors.ts';
import { plainJson } from '../arm/json.ts';
import type { PutRequest } from '../arm/resource-provider.ts';
import { mergeIdentity } from './resource-identity.ts';
import type { ScaleSetBody, ScaleSetState } from './scale-set-model.ts';
import { type ProfileRequest, type ScaleSetRequest, scaleSetSchema } from './scale-set-schema.ts';

type Profile = ScaleSetBody['properties']['virtualMachineProfile'];

/** What a PUT or PATCH makes of a set: absent members stay as they are (arm-facts 3.7). */
export function parseScaleSet({ name, body, existing, isPatch }: PutRequest<ScaleSetBody, ScaleSetState>): ScaleSetBody {
  const { sku, identity, properties, ...top } = parseBody(scaleSetSchema, body);
  const { location, tags = {}, zones } = merged<Pick<ScaleSetBody, 'location' | 'tags' | 'zones'>>(existing?.body, top);
  return {
    location,
    tags,
    zones,
    sku: mergeSku(sku, existing?.body.sku),
    identity: mergeIdentity(identity, existing?.body.identity, { isPatch }),
    properties: mergeProperties(name, properties ?? {}, existing?.body.properties),
  };
}

function mergeSku(request: ScaleSetRequest['sku'], before: ScaleSetBody['sku'] | undefined): ScaleSetBody['sku'] {
  const { name, tier = 'Standard', capacity } = merged(before, request);
  return { name: name ?? required('sku.name'), tier, capacity: capacity ?? required('sku.capacity') };
}

function mergeProperties(
  name: string,
  request: NonNullable<ScaleSetRequest['properties']>,
  before: ScaleSetBody['properties'] | undefined,
): ScaleSetBody['properties'] {
  type Plain = Pick<ScaleSetBody['properties'], 'singlePlacementGroup' | 'platformFaultDomainCount'>;
  const { singlePlacementGroup = true, platformFaultDomainCount } = merged<Plain>(before, request);
  return {
    upgradePolicy: { mode: 'Manual' },
    singlePlacementGroup,
    platformFaultDomainCount,
    virtualMachineProfile: mergeProfile(name, request.virtualMachineProfile ?? {}, before?.virtualMachineProfile),
  };
}

/** The lists of the request replace the earlier ones as a whole; machines keep their names. */
function mergeProfile(name: string, request: NonNullable<ProfileRequest>, before: Profile | undefined): Profile {
  const target = 'properties.virtualMachineProfile.networkProfile.networkInterfaceConfigurations';
  const { networkInterfaceConfigurations } = merged(before?.networkProfile, request.networkProfile);
  const { extensions = [] } = merged(before?.extensionProfile, request.extensionProfile);
  const { adminUsername, computerNamePrefix } = merged(before?.osProfile, request.osProfile);
  return {
    osProfile: {
      computerNamePrefix: before?.osProfile.computerNamePrefix ?? computerNamePrefix ?? prefixFor(name),
      adminUsername,
    },
    storageProfile: mergeStorage(request.storageProfile, before?.storageProfile),
    networkProfile: { networkInterfaceConfigurations: networkInterfaceConfigurations ?? required(target) },
    extensionProfile: { extensions },
  };
}

function mergeStorage(
  request: NonNullable<ProfileRequest>['storageProfile'],
  before: Profile['storageProfile'],
): Profile['storageProfile'] {
  if (request === undefined || request === null) return before;
  const { imageReference, osDisk } = request;
  return { ...before, ...plainJson({ imageReference: imageReference ?? undefined, osDisk: osDisk ?? undefined }) };
}

type Request<T> = { readonly [Member in keyof T]?: T[Member] | null | undefined };

/** What the request says, and for the rest what was before. */
function merged<T extends object>(before: Partial<T> | undefined, request: Request<T> | null | undefined): Partial<T> {
  const given = Object.entries(request ?? {}).filter(([, value]) => value !== undefined && value !== null);
  return { ...before, ...Object.fromEntries(given) };
}

function prefixFor(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '-')
    .replace(/^-+/, '')
    .slice(0, 34);
}

function required(target: string): never {
  throw new ArmError(400, 'InvalidParameter', `Required parameter '${target}' is missing (null).`, { target });
}
