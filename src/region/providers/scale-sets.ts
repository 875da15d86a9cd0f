import { randomUUID } from 'node:crypto';
import { ArmError } from '../arm/errors.ts';
import { sameId } from '../arm/ids.ts';
import type { OperationContext, ParsedPut, PutPlan, ResourceProvider } from '../arm/resource-provider.ts';
import { findUserAssignedIdentity } from './identity/user-assigned-identities.ts';
import { checkInterfaces } from './interface-allocation.ts';
import type { InstancePower } from './instance-power.ts';
import type { InterfaceConfiguration } from './network-configuration.ts';
import { checkIdentity, ensurePrincipals, type IdentityPrincipal, removeOwnPrincipal } from './resource-identity.ts';
import { parseScaleSet } from './scale-set-body.ts';
import { desiredInstances } from './scale-set-instances.ts';
import { instancesOf, type ScaleSetBody, type ScaleSetState, scaleSetsOf, scaleSetType } from './scale-set-model.ts';
import { setActions } from './scale-set-power.ts';
import { scaleSetInstanceView, scaleSetSkus, scaleSetToWire } from './scale-set-wire.ts';
import { settleAll } from './settle-all.ts';
import type { RegionWorld } from './world.ts';

type ScaleSetContext = OperationContext<ScaleSetBody, ScaleSetState>;

/** Scale sets in uniform mode with the manual upgrade policy: a changed model is for new instances only. PUT merges. */
export function scaleSets(
  { principals, tenantId }: RegionWorld,
  power: InstancePower,
): ResourceProvider<ScaleSetBody, ScaleSetState> {
  return {
    type: scaleSetType,
    patch: 'merge',
    parse: parseScaleSet,
    validate(put) {
      checkInterfaces(put.view, interfacesOf(put.body), put.id);
      checkComputerNames(put);
      checkIdentity(put.view, put.body.identity, put.id);
    },
    plan: planInstances,
    async provision(context) {
      const { id, body, state } = context.resource;
      const principalOf = (identityId: string): IdentityPrincipal | undefined =>
        findUserAssignedIdentity(context.view, identityId)?.state;
      const assignment = { id, identity: body.identity, before: state.principals, principalOf };
      context.setState({ principals: ensurePrincipals(assignment, principals) });
      await provisionInstances(context);
    },
    async deprovision({ resource, view, remove }) {
      await settleAll(instancesOf(view, resource.id).map(async ({ id }) => remove(id)));
      removeOwnPrincipal(resource.state.principals, principals);
    },
    toWire: (resource) => scaleSetToWire(resource, tenantId),
    reads: { instanceView: { toWire: scaleSetInstanceView }, skus: { toWire: scaleSetSkus } },
    actions: setActions(power),
  };
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

/** The numbers of new instances are given away together with the capacity that asks for them. */
function planInstances({ id, body, existing, view }: ParsedPut<ScaleSetBody, ScaleSetState>): PutPlan<ScaleSetState> {
  const state = existing?.state ?? { uniqueId: randomUUID(), nextInstanceId: 0, pendingInstanceIds: [] };
  const { create, nextInstanceId } = desiredInstances({ body, state }, instancesOf(view, id));
  return { state: { ...state, pendingInstanceIds: create, nextInstanceId } };
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
    // A number whose instance could not even be stored is tried again; others may have been given away meanwhile.
    const isMissing = (instanceId: string): boolean => view.get(instanceIdOf(resource.id, instanceId)) === undefined;
    context.setState({ pendingInstanceIds: context.resource.state.pendingInstanceIds.filter(isMissing) });
  });
}

function instanceIdOf(setId: string, instanceId: string): string {
  return `${setId}/virtualMachines/${instanceId}`;
}

function interfacesOf(body: ScaleSetBody): readonly InterfaceConfiguration[] {
  return body.properties.virtualMachineProfile.networkProfile.networkInterfaceConfigurations;
}
