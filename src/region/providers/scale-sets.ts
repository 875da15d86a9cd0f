import { randomUUID } from 'node:crypto';
import { definedOnly } from '../../base/defined.ts';
import { ArmError, parseBody } from '../arm/errors.ts';
import { sameId } from '../arm/ids.ts';
import type { OperationContext, ParsedPut, PutRequest, ResourceProvider } from '../arm/resource-provider.ts';
import { plainJson } from '../arm/json.ts';
import type { JsonObject, ResourceView } from '../arm/resource.ts';
import { checkInterfaces } from './interface-allocation.ts';
import type { InterfaceConfiguration } from './network-configuration.ts';
import { desiredInstances } from './scale-set-instances.ts';
import {
  instancesOf,
  type ScaleSetBody,
  scaleSetSchema,
  type ProfileRequest,
  type ScaleSetRequest,
  type ScaleSetState,
  scaleSetsOf,
  scaleSetType,
  type StoredInstance,
  type StoredScaleSet,
} from './scale-set-model.ts';
import { setActions } from './scale-set-power.ts';

type ScaleSetContext = OperationContext<ScaleSetBody, ScaleSetState>;

/** Scale sets in uniform mode with the manual upgrade policy: a changed model is for new instances only. PUT merges. */
export const scaleSets: ResourceProvider<ScaleSetBody, ScaleSetState> = {
  type: scaleSetType,
  patch: 'merge',
  parse: (put) => parseScaleSet(put),
  validate(put) {
    checkInterfaces(put.view, interfacesOf(put.body), put.id);
    checkComputerNames(put);
  },
  plan: ({ existing }) => ({ state: existing?.state ?? { uniqueId: randomUUID(), nextInstanceId: 0, pendingInstanceIds: [] } }),
  provision: provisionInstances,
  async deprovision({ resource, view, remove }) {
    await settleAll(instancesOf(view, resource.id).map(async ({ id }) => remove(id)));
  },
  toWire: (resource) => toWire(resource),
  reads: { instanceView: { toWire: (resource, view) => instanceView(resource, view) } },
  actions: setActions,
};

function parseScaleSet({ name, body, existing }: PutRequest<ScaleSetBody, ScaleSetState>): ScaleSetBody {
  const { location, tags, sku, properties } = parseBody(scaleSetSchema, body);
  const before = existing?.body;
  return {
    location: location ?? before?.location,
    tags: tags ?? before?.tags,
    sku: mergeSku(sku, before?.sku),
    properties: {
      upgradePolicy: { mode: 'Manual' },
      virtualMachineProfile: mergeProfile(name, properties?.virtualMachineProfile, before?.properties.virtualMachineProfile),
    },
  };
}

type Profile = ScaleSetBody['properties']['virtualMachineProfile'];

function mergeSku(sku: ScaleSetRequest['sku'], before: ScaleSetBody['sku'] | undefined): ScaleSetBody['sku'] {
  const { name, tier, capacity } = { tier: 'Standard', ...before, ...definedOnly(sku ?? {}) };
  return { name: name ?? required('sku.name'), tier, capacity: capacity ?? required('sku.capacity') };
}

/** The lists of the request replace the earlier ones as a whole; machines keep their names. */
function mergeProfile(name: string, profile: ProfileRequest, before: Profile | undefined): Profile {
  const target = 'properties.virtualMachineProfile.networkProfile.networkInterfaceConfigurations';
  const { networkInterfaceConfigurations } = { ...before?.networkProfile, ...definedOnly(profile?.networkProfile ?? {}) };
  const { extensions } = { extensions: [], ...before?.extensionProfile, ...definedOnly(profile?.extensionProfile ?? {}) };
  return {
    osProfile: before?.osProfile ?? newOsProfile(name, profile),
    networkProfile: { networkInterfaceConfigurations: networkInterfaceConfigurations ?? required(target) },
    extensionProfile: { extensions },
  };
}

function newOsProfile(name: string, profile: ProfileRequest): Profile['osProfile'] {
  return { computerNamePrefix: profile?.osProfile?.computerNamePrefix ?? computerNamePrefix(name) };
}

function required(target: string): never {
  throw new ArmError(400, 'InvalidParameter', `Required parameter '${target}' is missing (null).`, { target });
}

function computerNamePrefix(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '-')
    .replace(/^-+/, '')
    .slice(0, 34);
}

/** Machines are named after the prefix, and their names are unique in the region. */
function checkComputerNames({ id, body, view }: ParsedPut<ScaleSetBody, ScaleSetState>): void {
  const { computerNamePrefix: prefix } = body.properties.virtualMachineProfile.osProfile;
  const other = scaleSetsOf(view).find(
    (one) => !sameId(one.id, id) && one.body.properties.virtualMachineProfile.osProfile.computerNamePrefix === prefix,
  );
  if (other === undefined) return;
  const target = 'properties.virtualMachineProfile.osProfile.computerNamePrefix';
  throw new ArmError(
    400,
    'InvalidParameter',
    `The computer name prefix '${prefix}' is in use by ${other.id}; give another one.`,
    {
      target,
    },
  );
}

/** Makes the number of instances equal to the capacity, and brings those that are not as they should be there. */
async function provisionInstances(context: ScaleSetContext): Promise<void> {
  const { resource, view } = context;
  const { create, remove, repair, nextInstanceId } = desiredInstances(resource, instancesOf(view, resource.id));
  context.setState({ pendingInstanceIds: create, nextInstanceId });
  await settleAll([
    ...remove.map(async (id) => context.remove(id)),
    ...repair.map(async (id) => context.put(id, {})),
    ...create.map(async (instanceId) => context.put(instanceIdOf(resource.id, instanceId), {})),
  ]).finally(() => {
    // A number whose instance could not even be stored is tried again.
    context.setState({
      pendingInstanceIds: create.filter((instanceId) => view.get(instanceIdOf(resource.id, instanceId)) === undefined),
    });
  });
}

function instanceIdOf(setId: string, instanceId: string): string {
  return `${setId}/virtualMachines/${instanceId}`;
}

/** Waits for all of them, then throws the first error: an instance that fails does not leave the others half-way. */
async function settleAll(work: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failed = results.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

function interfacesOf(body: ScaleSetBody): readonly InterfaceConfiguration[] {
  return body.properties.virtualMachineProfile.networkProfile.networkInterfaceConfigurations;
}

function toWire({ body, state }: StoredScaleSet): JsonObject {
  const { upgradePolicy, virtualMachineProfile } = body.properties;
  return {
    sku: body.sku,
    properties: {
      uniqueId: state.uniqueId,
      upgradePolicy,
      orchestrationMode: 'Uniform',
      overprovision: false,
      singlePlacementGroup: true,
      virtualMachineProfile: plainJson(virtualMachineProfile),
    },
  };
}

function instanceView({ id }: StoredScaleSet, view: ResourceView): JsonObject {
  const counts = new Map<string, number>();
  for (const code of instancesOf(view, id).flatMap(instanceStatusCodes)) counts.set(code, (counts.get(code) ?? 0) + 1);
  return {
    virtualMachine: { statusesSummary: [...counts].map(([code, count]) => ({ code, count })) },
    statuses: [{ code: 'ProvisioningState/succeeded', level: 'Info', displayStatus: 'Provisioning succeeded' }],
  };
}

function instanceStatusCodes({ provisioningState, state }: StoredInstance): readonly string[] {
  return [`ProvisioningState/${provisioningState.toLowerCase()}`, `PowerState/${state.power}`];
}
