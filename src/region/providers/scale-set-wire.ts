import { plainJson } from '../arm/json.ts';
import type { JsonObject, ResourceView } from '../arm/resource.ts';
import type { WireResource } from '../arm/resource-provider.ts';
import { instanceStatuses, toStatus } from './instance-wire.ts';
import { identityToWire } from './resource-identity.ts';
import { instancesOf, maxCapacity, scaleSetType, type StoredScaleSet } from './scale-set-model.ts';

/** arm-facts 3.7 */
export function scaleSetToWire({ body, state, etag }: StoredScaleSet, tenantId: string): WireResource {
  const { upgradePolicy, virtualMachineProfile, singlePlacementGroup, platformFaultDomainCount } = body.properties;
  return {
    sku: body.sku,
    etag: `"${etag}"`,
    ...(body.zones === undefined ? {} : { zones: body.zones }),
    ...(body.identity === undefined ? {} : { identity: identityToWire(body.identity, state.principals, tenantId) }),
    properties: {
      uniqueId: state.uniqueId,
      upgradePolicy,
      orchestrationMode: 'Uniform',
      overprovision: false,
      singlePlacementGroup,
      ...(platformFaultDomainCount === undefined ? {} : { platformFaultDomainCount }),
      virtualMachineProfile: plainJson(virtualMachineProfile),
    },
  };
}

/** How many instances are in which state. */
export function scaleSetInstanceView({ id, provisioningState }: StoredScaleSet, view: ResourceView): JsonObject {
  const counts = new Map<string, number>();
  for (const { code } of instancesOf(view, id).flatMap(instanceStatuses)) counts.set(code, (counts.get(code) ?? 0) + 1);
  return {
    virtualMachine: { statusesSummary: [...counts].map(([code, count]) => ({ code, count })) },
    statuses: [toStatus('ProvisioningState', provisioningState, 'Provisioning')],
    orchestrationServices: [],
  };
}

/** The sizes that the set can have: its own, in any number. */
export function scaleSetSkus({ body }: StoredScaleSet): JsonObject {
  const capacity = { minimum: 0, maximum: maxCapacity, defaultCapacity: 1, scaleType: 'Automatic' };
  return { value: [{ resourceType: scaleSetType, sku: { name: body.sku.name, tier: body.sku.tier }, capacity }] };
}
