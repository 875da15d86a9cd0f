import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { ArmError, parseBody } from '../arm/errors.ts';
import type { OperationContext, ParsedPut, ResourceProvider } from '../arm/resource-provider.ts';
import { plainJson } from '../arm/json.ts';
import type { JsonObject, ResourceView, StoredResource } from '../arm/resource.ts';
import { allocateInterfaces, checkInterfaces } from './interface-allocation.ts';
import { type InstancePower, instanceActions } from './instance-power.ts';
import { allocatePodCidr } from './pod-networks.ts';
import {
  computerNameOf,
  findScaleSet,
  type InstanceBody,
  instanceSchema,
  instancesOf,
  type InstanceState,
  instanceType,
  isScaleSet,
  poolOf,
  type ScaleSetBody,
  scaleSetIdOf,
  type StoredInstance,
  type StoredScaleSet,
} from './scale-set-model.ts';
import type { RegionWorld } from './world.ts';

type InstanceContext = OperationContext<InstanceBody, InstanceState>;

/** Instances of scale sets. Only their set creates them; PUT changes one's interfaces, whatever is absent stays. */
export function instances(world: RegionWorld, power: InstancePower): ResourceProvider<InstanceBody, InstanceState> {
  return {
    type: instanceType,
    patch: 'merge',
    parse({ id, body, existing, view }) {
      const { tags, properties } = parseBody(instanceSchema, body);
      const set = requireSet(view, id);
      const model = set.body.properties.virtualMachineProfile.networkProfile;
      return {
        location: set.body.location,
        tags: tags ?? existing?.body.tags ?? set.body.tags,
        sku: existing?.body.sku ?? { name: set.body.sku.name, tier: set.body.sku.tier },
        properties: {
          networkProfileConfiguration: {
            networkInterfaceConfigurations:
              properties?.networkProfileConfiguration?.networkInterfaceConfigurations ??
              existing?.body.properties.networkProfileConfiguration.networkInterfaceConfigurations ??
              model.networkInterfaceConfigurations,
          },
        },
      };
    },
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
    async deprovision(context) {
      await power.leaveAndWipe(context);
      context.setState({ interfaces: [] });
      context.edit(scaleSetIdOf(context.resource.id), (set) => withFewerInstances(set, context.view));
      await world.network.apply();
    },
    async restore(context) {
      if (context.resource.state.power === 'running' && context.resource.state.interfaces.length > 0) await power.start(context);
    },
    toWire: (instance, view) => toWire(instance, view),
    reads: { instanceView: { toWire: (instance) => instanceView(instance) } },
    actions: instanceActions(world, power),
  };
}

function requireSet(view: ResourceView, instanceId: string): StoredScaleSet {
  const set = findScaleSet(view, scaleSetIdOf(instanceId));
  if (set !== undefined) return set;
  throw new ArmError(404, 'ParentResourceNotFound', `The scale set of ${instanceId} was not found.`);
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
    ...(pool === undefined ? {} : { pool, podCidr: allocatePodCidr(view, pool.clusterId) }),
    hasJoined: false,
  };
}

function allocate({ settings }: RegionWorld, context: InstanceContext): void {
  const { resource, view } = context;
  const wanted = resource.body.properties.networkProfileConfiguration.networkInterfaceConfigurations;
  const instance = { id: resource.id, interfaces: resource.state.interfaces };
  context.setState({ interfaces: allocateInterfaces({ view, addressPool: settings.addressPool, instance }, wanted) });
}

/** A set whose instance was deleted does not make another one in its place. */
function withFewerInstances(set: StoredResource, view: ResourceView): StoredResource {
  if (!isScaleSet(set)) return set;
  const all = instancesOf(view, set.id);
  const live = all.filter(({ provisioningState }) => provisioningState !== 'Deleting').length;
  const coming = set.state.pendingInstanceIds.filter((instanceId) => !all.some(({ name }) => name === instanceId)).length;
  const capacity = Math.min(set.body.sku.capacity, live + coming);
  const body: ScaleSetBody = { ...set.body, sku: { ...set.body.sku, capacity } };
  return { ...set, body };
}

function toWire(instance: StoredInstance, view: ResourceView): JsonObject {
  const { id, name, body, state } = instance;
  const set = findScaleSet(view, scaleSetIdOf(id));
  const { networkProfileConfiguration } = body.properties;
  const model = set?.body.properties.virtualMachineProfile.networkProfile.networkInterfaceConfigurations;
  return {
    name: `${set?.name ?? ''}_${name}`,
    instanceId: name,
    location: body.location,
    tags: body.tags ?? {},
    sku: body.sku,
    properties: {
      vmId: state.vmId,
      latestModelApplied: isDeepStrictEqual(model, networkProfileConfiguration.networkInterfaceConfigurations),
      osProfile: { computerName: state.computerName },
      networkProfile: { networkInterfaces: state.interfaces.map((nic) => ({ id: `${id}/networkInterfaces/${nic.name}` })) },
      networkProfileConfiguration: plainJson(networkProfileConfiguration),
      instanceView: instanceView(instance),
    },
  };
}

function instanceView({ provisioningState, state }: StoredInstance): JsonObject {
  return {
    computerName: state.computerName,
    statuses: [
      {
        code: `ProvisioningState/${provisioningState.toLowerCase()}`,
        level: provisioningState === 'Failed' ? 'Error' : 'Info',
        displayStatus: `Provisioning ${provisioningState.toLowerCase()}`,
      },
      { code: `PowerState/${state.power}`, level: 'Info', displayStatus: `VM ${state.power}` },
    ],
  };
}
