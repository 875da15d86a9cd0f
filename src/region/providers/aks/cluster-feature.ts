import type { FeatureSpec } from '../../../cluster/cluster-platform.ts';
import type { OperationContext } from '../../arm/resource-provider.ts';
import { fabricSettings } from '../../fabric/fabric-settings.ts';
import type { RegionWorld } from '../world.ts';
import { trustOperator } from './cluster-identity.ts';
import type { ManagedCluster, ManagedClusterState } from './cluster-records.ts';
import { toClusterSpec } from './cluster-specs.ts';
import { hostNetworkPods } from './host-network-tag.ts';
import type { ManagedClusterBody } from './managed-cluster-body.ts';
import { isEnabled } from './managed-cluster-rules.ts';

type ClusterContext = OperationContext<ManagedClusterBody, ManagedClusterState>;

const [armName, loginName] = fabricSettings.azureNames;

/** Installs static egress gateway in the running cluster, or takes it out again, as its resource says. */
export async function ensureClusterFeature(world: RegionWorld, { resource, signal }: ClusterContext): Promise<void> {
  const cluster = toClusterSpec(resource);
  if (cluster === undefined) return;
  const feature = desiredFeature(world, resource);
  if (feature.enabled) trustOperator(world, resource);
  await world.platform.clusters.ensureFeature(cluster, feature, signal);
}

/** After the pools have their nodes: resolves when what was installed runs. */
export async function awaitClusterFeature({ platform }: RegionWorld, { resource, signal }: ClusterContext): Promise<void> {
  const cluster = toClusterSpec(resource);
  if (cluster !== undefined && isEnabled(resource.body)) await platform.clusters.awaitFeature(cluster, signal);
}

/** The operator acts as the cluster's identity; it reaches the region by the names that the virtual network gives it. */
function desiredFeature({ subscriptionId, tenantId, authorityPem }: RegionWorld, { body, state }: ManagedCluster): FeatureSpec {
  if (!isEnabled(body) || state.identity === undefined) return { enabled: false };
  return {
    enabled: true,
    settings: {
      subscriptionId,
      tenantId,
      clientId: state.identity.clientId,
      armEndpoint: `https://${armName}`,
      armAudience: `https://${armName}`,
      authorityHost: `https://${loginName}`,
      authorityPem,
      hostNetworkPods: hostNetworkPods(body.tags),
    },
  };
}
