import { gatewayPoolOf } from '../../api/gateway-pool.ts';
import { type StaticGatewayConfiguration, staticGatewayConfigurationKind } from '../../api/static-gateway-configuration.ts';
import { isError } from '../../kube/api-error.ts';
import type { KubeClient } from '../../kube/client.ts';
import { listAll } from '../../kube/list-watch.ts';
import { formatKey, keyOf } from '../../kube/object.ts';

/** A gateway node pool in the two ways in which a StaticGatewayConfiguration can name it. */
export interface GatewayPoolNames {
  readonly nodepool: string;
  readonly scaleSet: string;
  readonly scaleSetResourceGroup: string;
}

/** `namespace/name` of the configurations in the cluster that use the pool, sorted; none where the kind is not installed. */
export async function listPoolUsers(client: KubeClient, pool: GatewayPoolNames, signal: AbortSignal): Promise<readonly string[]> {
  try {
    const { items } = await listAll(client, staticGatewayConfigurationKind, { signal });
    return poolUsers(items, pool);
  } catch (error) {
    if (isError(error, 'NotFound')) return [];
    throw error;
  }
}

/** Names are compared as Azure compares them: in any case. One that is being deleted still uses its pool until it is gone. */
export function poolUsers(configurations: readonly StaticGatewayConfiguration[], pool: GatewayPoolNames): readonly string[] {
  return configurations
    .filter(({ spec }) => usesPool(gatewayPoolOf(spec), pool))
    .map((configuration) => formatKey(keyOf(configuration)))
    .sort();
}

function usesPool(reference: ReturnType<typeof gatewayPoolOf>, pool: GatewayPoolNames): boolean {
  if (reference === undefined) return false;
  if (reference.by === 'nodepoolName') return isSame(reference.nodepoolName, pool.nodepool);
  return isSame(reference.name, pool.scaleSet) && isSame(reference.resourceGroup, pool.scaleSetResourceGroup);
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
