import type { GatewayPoolReference } from '../../api/gateway-pool.ts';
import type { GatewayStatus } from '../../api/gateway-status.ts';
import { isCloudError } from '../../cloud/cloud-error.ts';
import type { CloudCall } from '../../cloud/cloud-provider.ts';
import { isOnPool } from '../../cloud/pool-change.ts';
import type { CloudSide } from './provision.ts';

/**
 * Takes away what a configuration has made in the cloud: the IP configurations, then its own prefix. A prefix that was brought stays,
 * and a pool that is gone has taken everything on it along. Throws `CloudError` while something is left.
 */
export async function release(
  { provider, pools }: CloudSide,
  { uid, reference }: { readonly uid: string; readonly reference: GatewayPoolReference | undefined },
  call: CloudCall,
): Promise<void> {
  if (reference) await leavePool({ pools, uid, reference });
  await provider.deleteOwnPrefix(uid, call);
}

/** Never decided on an old reading: what an interrupted write has left there would stay for ever. */
async function leavePool({
  pools,
  uid,
  reference,
}: {
  readonly pools: CloudSide['pools'];
  readonly uid: string;
  readonly reference: GatewayPoolReference;
}): Promise<void> {
  try {
    const { pool, failures } = await pools.change(reference, { ensure: [], remove: [uid] });
    const [failure] = failures;
    if (failure && isOnPool(pool, uid)) throw failure;
  } catch (error) {
    if (!isCloudError(error, 'NotFound')) throw error;
  }
}

/**
 * Names of the gateways that still translate to the configuration's address. It must not go before they stop: the cloud may give it
 * to another configuration at once, and pods would leave by that one's public address.
 */
export function stillServing(uid: string, statuses: readonly GatewayStatus[]): readonly string[] {
  return statuses
    .filter(({ status }) => status?.configurations?.some((one) => one.uid === uid))
    .map(({ metadata }) => metadata.name);
}
