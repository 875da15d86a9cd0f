import { isDeepStrictEqual } from 'node:util';
import { plainJson } from '../arm/json.ts';
import type { JsonObject, ResourceView } from '../arm/resource.ts';
import type { WireResource } from '../arm/resource-provider.ts';
import { findScaleSet, scaleSetIdOf, type StoredInstance } from './scale-set-model.ts';

/** arm-facts 3.7; the instance view is shown to those who ask for it. */
export function instanceToWire(instance: StoredInstance, view: ResourceView): WireResource {
  const { id, name, body, state, etag } = instance;
  const set = findScaleSet(view, scaleSetIdOf(id));
  return {
    name: `${set?.name ?? ''}_${name}`,
    instanceId: name,
    location: body.location,
    tags: body.tags ?? {},
    sku: body.sku,
    etag: `"${etag}"`,
    properties: {
      vmId: state.vmId,
      latestModelApplied: isLatestModel(instance, view),
      osProfile: { computerName: state.computerName },
      networkProfile: { networkInterfaces: state.interfaces.map((nic) => ({ id: `${id}/networkInterfaces/${nic.name}` })) },
      networkProfileConfiguration: plainJson(body.properties.networkProfileConfiguration),
    },
  };
}

/** Whether the instance is as its set would make a new one. */
export function isLatestModel({ id, body }: StoredInstance, view: ResourceView): boolean {
  const model = findScaleSet(view, scaleSetIdOf(id))?.body;
  const interfaces = model?.properties.virtualMachineProfile.networkProfile.networkInterfaceConfigurations;
  return (
    model?.sku.name === body.sku.name &&
    isDeepStrictEqual(interfaces, body.properties.networkProfileConfiguration.networkInterfaceConfigurations)
  );
}

export function instanceView(instance: StoredInstance): JsonObject {
  return { computerName: instance.state.computerName, osName: 'debian', statuses: instanceStatuses(instance) };
}

/** A line of an instance view. */
export interface Status extends JsonObject {
  readonly code: string;
}

export function instanceStatuses({ provisioningState, state }: StoredInstance): readonly Status[] {
  return [toStatus('ProvisioningState', provisioningState, 'Provisioning'), toStatus('PowerState', state.power, 'VM')];
}

/** `ProvisioningState/succeeded`, "Provisioning succeeded" */
export function toStatus(kind: string, value: string, subject: string): Status {
  const state = value.toLowerCase();
  return { code: `${kind}/${state}`, level: state === 'failed' ? 'Error' : 'Info', displayStatus: `${subject} ${state}` };
}
