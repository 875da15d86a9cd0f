import type { ResourceView } from '../../arm/resource.ts';
import { instancesOf } from '../scale-set-model.ts';
import type { PoolInstance } from '../world.ts';

/** The instances of a pool's scale set that are switched on and were nodes before. */
export function runningInstances(view: ResourceView, scaleSetId: string): readonly PoolInstance[] {
  return instancesOf(view, scaleSetId).flatMap(({ id, body, state }) => {
    const { pool, podCidr, computerName, power, hasJoined, interfaces } = state;
    const address = interfaces[0]?.ipConfigurations[0]?.privateAddress;
    if (pool === undefined || podCidr === undefined || address === undefined || power !== 'running' || !hasJoined) return [];
    return [{ id, name: computerName, address, podCidr, vmSize: body.sku.name, ...pool }];
  });
}
