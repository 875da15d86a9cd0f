import type { ClusterPlatform } from '../../../cluster/cluster-platform.ts';
import { messageOf, SegwError } from '../../../base/error.ts';
import { ArmError } from '../../arm/errors.ts';
import type { ResourceView } from '../../arm/resource.ts';
import type { RegionWorld } from '../world.ts';
import { scaleSetName } from './aks-names.ts';
import { type AgentPool, clusterOfPool, type ManagedCluster } from './cluster-records.ts';
import { toClusterSpec } from './cluster-specs.ts';

/** A tag on the pool: `true` lets it go although configurations still use it. Azure has no property for it. */
const forceTag = 'segw-delete-in-use';

/**
 * Throws 400 `StaticEgressGatewayNodepoolInUse` when StaticGatewayConfigurations of the cluster use this gateway pool. A cluster that
 * cannot be asked keeps nobody from deleting: its operator releases what is left as soon as it runs again.
 */
export async function refusePoolInUse(
  { platform, log }: Pick<RegionWorld, 'platform' | 'log'>,
  { pool, view }: { readonly pool: AgentPool; readonly view: ResourceView },
  signal: AbortSignal,
): Promise<void> {
  const cluster = clusterOfPool(view, pool.id);
  if (cluster === undefined || cluster.provisioningState === 'Deleting') return;
  if (pool.body.properties.mode !== 'Gateway' || isForced(pool)) return;
  try {
    const users = await listUsers(platform.clusters, { pool, cluster }, signal);
    if (users.length > 0) throw poolInUse(pool.name, users);
  } catch (error) {
    if (!isNoAnswer(error, signal)) throw error;
    log.warn({ pool: pool.id, error: messageOf(error) }, 'deletion goes on without knowing who uses the gateway pool');
  }
}

async function listUsers(
  clusters: ClusterPlatform,
  { pool, cluster }: { readonly pool: AgentPool; readonly cluster: ManagedCluster },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const spec = toClusterSpec(cluster);
  if (spec === undefined) return [];
  const names = {
    nodepool: pool.name,
    scaleSet: scaleSetName(cluster.id, pool.name),
    scaleSetResourceGroup: cluster.body.properties.nodeResourceGroup,
  };
  return clusters.gatewayPoolUsers(spec, names, signal);
}

function isNoAnswer(error: unknown, signal: AbortSignal): boolean {
  return error instanceof SegwError || (signal.aborted && error === signal.reason);
}

function isForced({ body }: AgentPool): boolean {
  return Object.entries(body.properties.tags).some(([key, value]) => key.toLowerCase() === forceTag && /^true$/i.test(value));
}

function poolInUse(pool: string, users: readonly string[]): ArmError {
  const code = 'StaticEgressGatewayNodepoolInUse';
  return new ArmError(
    400,
    code,
    `Gateway agentpool ${pool} is used by StaticGatewayConfigurations: ${users.join(', ')}. Delete them first, or set the tag ${forceTag}=true on the agentpool to delete it in spite of them: the pods that use them lose their way out.`,
    { target: 'name', details: users.map((user) => ({ code, message: `StaticGatewayConfiguration ${user}`, target: user })) },
  );
}
