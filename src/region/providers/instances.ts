import { randomUUID } from 'node:crypto';
import { ArmError, parseBody } from '../arm/errors.ts';
import type { OperationContext, ParsedPut, PutRequest, ResourceProvider } from '../arm/resource-provider.ts';
import type { ResourceView } from '../arm/resource.ts';
import { allocateInterfaces, checkInterfaces } from './interface-allocation.ts';
import { instanceActions } from './instance-actions.ts';
import type { InstancePower } from './instance-power.ts';
import { instanceToWire, instanceView, isLatestModel } from './instance-wire.ts';
import { allocatePodCidr } from './pod-networks.ts';
import { capacityAfterRemoval } from './scale-set-instances.ts';
import {
  computerNameOf,
  findScaleSet,
  type InstanceBody,
  instancesOf,
  type InstanceState,
  instanceType,
  poolOf,
  scaleSetIdOf,
  type StoredInstance,
  type StoredScaleSet,
} from './scale-set-model.ts';
import { instanceSchema } from './scale-set-schema.ts';
import type { RegionWorld } from './world.ts';

type InstanceContext = OperationContext<InstanceBody, InstanceState>;

/** Instances of scale sets. Only their set creates them; PUT changes one's interfaces, whatever is absent stays. */
export function instances(world: RegionWorld, power: InstancePower): ResourceProvider<InstanceBody, InstanceState> {
  return {
    type: instanceType,
    patch: 'merge',
    parse: parseInstance,
    validate(put) {
      checkInterfaces(put.view, put.body.properties.networkProfileConfiguration.networkInterfaceConfigurations, put.id);
      checkMayExist(put);
    },
    plan: ({ id, name, existing, view }) => ({ state: existing?.state ?? newState(requireSet(view, id), name, view) }),
    async provision(context) {
      allocate(world, context);
      await world.network.apply();
      if (context.resource.state.power === 'running') await power.ensureRunning(context);
    },
    planDelete: ({ id }, view) => smallerSet(id, view),
    async deprovision(context) {
      await power.leaveAndWipe(context);
      context.setState({ interfaces: [] });
      await world.network.apply();
    },
    async restore(context) {
      if (context.resource.state.power === 'running' && context.resource.state.interfaces.length > 0) await power.boot(context);
    },
    toWire: instanceToWire,
    reads: { instanceView: { toWire: instanceView } },
    filter: filterInstances,
    actions: instanceActions(power),
  };
}

function parseInstance({ id, body, existing, view }: PutRequest<InstanceBody, InstanceState>): InstanceBody {
  const { tags, sku, properties } = parseBody(instanceSchema, body);
  const set = requireSet(view, id);
  checkSize(sku?.name ?? undefined, [set.body.sku.name, existing?.body.sku.name]);
  const before = existing?.body ?? modelFor(set);
  const { networkInterfaceConfigurations } = before.properties.networkProfileConfiguration;
  return {
    location: set.body.location,
    tags: tags ?? before.tags,
    sku: sku?.name === set.body.sku.name ? skuOf(set) : before.sku,
    properties: {
      networkProfileConfiguration: {
        networkInterfaceConfigurations:
          properties?.networkProfileConfiguration?.networkInterfaceConfigurations ?? networkInterfaceConfigurations,
      },
    },
  };
}

/** An instance as the set makes it today. */
function modelFor(set: StoredScaleSet): InstanceBody {
  const { tags = {}, properties } = set.body;
  const { networkInterfaceConfigurations } = properties.virtualMachineProfile.networkProfile;
  return { tags, sku: skuOf(set), properties: { networkProfileConfiguration: { networkInterfaceConfigurations } } };
}

function requireSet(view: ResourceView, instanceId: string): StoredScaleSet {
  const set = findScaleSet(view, scaleSetIdOf(instanceId));
  if (set !== undefined) return set;
  throw new ArmError(404, 'ParentResourceNotFound', `The scale set of ${instanceId} was not found.`);
}

function skuOf({ body: { sku } }: StoredScaleSet): InstanceBody['sku'] {
  return { name: sku.name, tier: sku.tier };
}

/** An instance keeps its size until it gets the one of its set's model. */
function checkSize(wanted: string | undefined, possible: readonly (string | undefined)[]): void {
  if (wanted === undefined || possible.includes(wanted)) return;
  throw new ArmError(
    400,
    'InvalidParameter',
    `The size of an instance is the one of its scale set: '${wanted}' is not allowed. Change the set, then update the instance.`,
    { target: 'sku.name' },
  );
}

function checkMayExist({ id, name, existing, view }: ParsedPut<InstanceBody, InstanceState>): void {
  if (existing !== undefined || requireSet(view, id).state.pendingInstanceIds.includes(name)) return;
  throw new ArmError(
    404,
    'NotFound',
    `The instance ${name} was not found; instances are created by changing the capacity of the set.`,
  );
}

function newState(set: StoredScaleSet, instanceId: string, view: ResourceView): InstanceState {
  const pool = poolOf(set);
  return {
    vmId: randomUUID(),
    computerName: computerNameOf(set.body.properties.virtualMachineProfile.osProfile.computerNamePrefix, instanceId),
    power: 'running',
    interfaces: [],
    ...(pool === undefined ? {} : { pool, podCidr: allocatePodCidr(view, pool) }),
    hasJoined: false,
  };
}

function allocate({ settings }: RegionWorld, context: InstanceContext): void {
  const { resource, view } = context;
  const wanted = resource.body.properties.networkProfileConfiguration.networkInterfaceConfigurations;
  const instance = { id: resource.id, interfaces: resource.state.interfaces };
  context.setState({ interfaces: allocateInterfaces({ view, addressPool: settings.addressPool, instance }, wanted) });
}

/** Decided when the deletion begins: whatever the set is asked meanwhile, it does not make another instance in this one's place. */
function smallerSet(instanceId: string, view: ResourceView): readonly StoredScaleSet[] {
  const set = findScaleSet(view, scaleSetIdOf(instanceId));
  const capacity = set === undefined ? 0 : capacityAfterRemoval(set, instancesOf(view, set.id));
  if (set === undefined || capacity === set.body.sku.capacity) return [];
  return [{ ...set, body: { ...set.body, sku: { ...set.body.sku, capacity } } }];
}

/** The filters that Azure documents for this list. Throws 400 for any other. */
function filterInstances(list: readonly StoredInstance[], expression: string, view: ResourceView): readonly StoredInstance[] {
  const words = expression.toLowerCase().replaceAll(/\s+/g, ' ').trim();
  if (words === "startswith(instanceview/statuses/code, 'powerstate') eq true") return list;
  const wanted = /^properties\/latestmodelapplied eq (true|false)$/.exec(words)?.[1];
  if (wanted !== undefined) return list.filter((one) => String(isLatestModel(one, view)) === wanted);
  throw new ArmError(
    400,
    'InvalidParameter',
    `The $filter "${expression.slice(0, 100)}" is not supported: expected startswith(instanceView/statuses/code, 'PowerState') eq true, or properties/latestModelApplied eq true or false.`,
    { target: '$filter' },
  );
}
