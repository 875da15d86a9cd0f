import { egressWorkerKind } from '../../api/egress-worker.ts';
import { gatewayStatusKind } from '../../api/gateway-status.ts';
import { labels, productName, systemNamespace } from '../../api/names.ts';
import { staticGatewayConfigurationKind } from '../../api/static-gateway-configuration.ts';
import { pollUntil } from '../../base/poll.ts';
import { isError } from '../../kube/api-error.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isBeingDeleted } from '../../kube/finalizers.ts';
import { listAll } from '../../kube/list-watch.ts';
import { keyOf, type KubeObject } from '../../kube/object.ts';
import type { ResourceKind } from '../../kube/resource.ts';
import { definitionKind, deploymentKind, hasCondition, namespaceKind, nodeKind } from '../cluster-objects.ts';
import { ensureFeatureState, hasOperatorReleased } from './feature-state.ts';
import { kindOf, type ManifestObject } from '../manifest.ts';
import type { Manifests } from './manifest-files.ts';
import { narrowAgents, workerAgentName } from './narrowed-agents.ts';
import { deleteOrphanedPods } from './orphaned-pods.ts';
import { nodesWithAgent, openWork, type RemovalFacts } from './removal-facts.ts';

export interface Removal {
  /** Nodes whose worker-agent stays because pods are attached there, or because they are down. Empty: everything is gone. */
  readonly nodesWithAgent: readonly string[];
}

const operatorKey = { namespace: systemNamespace, name: 'segw-operator' } as const;
const releaseTimeoutMs = 300_000;
const deletionTimeoutMs = 120_000;

/**
 * Takes the product out of the cluster as far as that is possible now: call it again until no node is left. Level-based: it looks at
 * what is there, so it goes on where an earlier call or process ended. Order (`src/api/feature.ts`): the operator releases the cloud
 * resources while the agents unchain the plugin and leave their nodes; then everything goes but the worker-agents of nodes with
 * attached pods, which they guard; then those, the kinds and the namespace. Throws `Timeout` that says who has still what to do.
 */
export async function removeFeature(client: KubeClient, manifests: Manifests, signal: AbortSignal): Promise<Removal> {
  if (await isAbsent(client, manifests, signal)) return { nodesWithAgent: [] };
  const namespace = await client.find(namespaceKind, { name: systemNamespace }, { signal });
  if (namespace && !isBeingDeleted(namespace)) await ensureFeatureState(client, 'removing', signal);
  await awaitRelease(client, signal);
  await deleteAll(
    client,
    manifests.objects.filter((object) => !isOfWorkerAgents(object)),
    signal,
  );
  await deleteOrphanedPods(client, signal);
  const remaining = nodesWithAgent(await listIfServed(client, egressWorkerKind, signal));
  if (remaining.length > 0) await narrowAgents(client, remaining, signal);
  else await removeRest(client, manifests, signal);
  return { nodesWithAgent: remaining };
}

/** The namespace and the kinds go last. */
async function isAbsent(client: KubeClient, { definitions }: Manifests, signal: AbortSignal): Promise<boolean> {
  const found = await Promise.all([
    client.find(namespaceKind, { name: systemNamespace }, { signal }),
    ...definitions.map((definition) => client.find(definitionKind, keyOf(definition), { signal })),
  ]);
  // Kinds of that name that are not ours belong to another product.
  return found.every((object) => object === undefined || object.metadata.labels?.[labels.partOf] !== productName);
}

async function awaitRelease(client: KubeClient, signal: AbortSignal): Promise<void> {
  await pollUntil(
    'removal of static egress gateway',
    async (note) => {
      const open = openWork(await readFacts(client, signal));
      note(open.join('; '));
      return open.length === 0 ? true : undefined;
    },
    { timeoutMs: releaseTimeoutMs, intervalMs: 500, signal },
  );
}

async function readFacts(client: KubeClient, signal: AbortSignal): Promise<RemovalFacts> {
  const { items: nodes } = await listAll(client, nodeKind, { selection: { labelSelector: 'kubernetes.io/os=linux' }, signal });
  return {
    readyNodes: new Set(nodes.filter((node) => hasCondition(node, 'Ready')).map(({ metadata }) => metadata.name)),
    workers: await listIfServed(client, egressWorkerKind, signal),
    gateways: await listIfServed(client, gatewayStatusKind, signal),
    configurations: await listIfServed(client, staticGatewayConfigurationKind, signal),
    hasOperator: (await client.find(deploymentKind, operatorKey, { signal })) !== undefined,
    hasOperatorReleased: await hasOperatorReleased(client, signal),
  };
}

/** Nothing once the kind is gone. */
async function listIfServed<T extends KubeObject>(
  client: KubeClient,
  kind: ResourceKind<T>,
  signal: AbortSignal,
): Promise<readonly T[]> {
  try {
    return (await listAll(client, kind, { signal })).items;
  } catch (error) {
    if (isError(error, 'NotFound')) return [];
    throw error;
  }
}

/** What worker-agents need for as long as they guard pods. */
function isOfWorkerAgents({ kind, metadata }: ManifestObject): boolean {
  return kind === 'Namespace' || metadata.name === workerAgentName;
}

async function removeRest(client: KubeClient, { definitions, objects }: Manifests, signal: AbortSignal): Promise<void> {
  await deleteAll(client, objects, signal);
  await deleteAll(client, definitions, signal);
  await pollUntil(
    'deletion of the namespace and the kinds of static egress gateway',
    async (note) => {
      note(`${systemNamespace} or a kind of it is still being deleted`);
      return (await isAbsent(client, { definitions, objects }, signal)) || undefined;
    },
    { timeoutMs: deletionTimeoutMs, intervalMs: 200, signal },
  );
}

/** In the reverse order of applying. */
async function deleteAll(client: KubeClient, objects: readonly ManifestObject[], signal: AbortSignal): Promise<void> {
  for (const object of objects.toReversed())
    await client.delete(kindOf(object), keyOf(object), { propagation: 'Background', signal });
}
