import { gatewayGuardName, labels, productName, systemNamespace } from '../../api/names.ts';
import { SegwError } from '../../base/error.ts';
import { pollUntil } from '../../base/poll.ts';
import type { KubeClient } from '../../kube/client.ts';
import { listAll } from '../../kube/list-watch.ts';
import { keyOf } from '../../kube/object.ts';
import {
  daemonSetKind,
  definitionKind,
  deploymentKind,
  hasCondition,
  namespaceKind,
  nodeKind,
  podKind,
} from '../cluster-objects.ts';
import { ensureFeatureState, fieldManager } from './feature-state.ts';
import { kindOf, type ManifestObject } from '../manifest.ts';
import type { Manifests } from './manifest-files.ts';
import { widenAgents } from './narrowed-agents.ts';
import { daemonSetLag, deploymentLag, podProblems } from './rollout.ts';

const definitionsTimeoutMs = 30_000;
const leftoverTimeoutMs = 60_000;
const rolloutTimeoutMs = 180_000;

/**
 * Puts the product into the cluster; twice is once. What runs is brought to the image and the settings of `manifests` by the cluster
 * itself: `awaitFeature` waits for that. Throws `ForeignDefinitions` where another product has kinds of our names, `Timeout`, and
 * what the API server refuses.
 */
export async function installFeature(
  client: KubeClient,
  { definitions, objects }: Manifests,
  signal: AbortSignal,
): Promise<void> {
  await refuseForeign(client, definitions, signal);
  await awaitEarlierRemoval(client, definitions, signal);
  await applyAll(client, definitions, signal);
  await awaitServed(client, definitions, signal);
  await applyAll(client, objects, signal);
  await widenAgents(client, signal);
  await ensureFeatureState(client, 'enabled', signal);
}

/**
 * Waits until operator and agents run as they are written, but for nodes that are down. Guards are not waited for: a gateway node that is
 * cordoned has none. Throws `Timeout` that says what does not run, and why.
 */
export async function awaitFeature(client: KubeClient, signal: AbortSignal): Promise<void> {
  await pollUntil(
    'static egress gateway in the cluster',
    async (note) => {
      const lags = await listLags(client, signal);
      if (lags.length === 0) return true;
      const { items: pods } = await listAll(client, podKind, { selection: { namespace: systemNamespace }, signal });
      note([...lags, ...podProblems(pods)].join('; '));
      return undefined;
    },
    { timeoutMs: rolloutTimeoutMs, intervalMs: 500, signal },
  );
}

async function listLags(client: KubeClient, signal: AbortSignal): Promise<readonly string[]> {
  const selection = { namespace: systemNamespace };
  const { items: nodes } = await listAll(client, nodeKind, { signal });
  const { items: deployments } = await listAll(client, deploymentKind, { selection, signal });
  const { items: daemonSets } = await listAll(client, daemonSetKind, { selection, signal });
  const downNodes = nodes.filter((node) => !hasCondition(node, 'Ready')).length;
  const awaited = deployments.filter(({ metadata }) => metadata.name !== gatewayGuardName);
  const lags = [...awaited.map(deploymentLag), ...daemonSets.map((daemonSet) => daemonSetLag(daemonSet, downNodes))];
  return lags.filter((lag) => lag !== undefined);
}

/** Applying would take another product's kinds over. */
async function refuseForeign(client: KubeClient, definitions: readonly ManifestObject[], signal: AbortSignal): Promise<void> {
  const found = await Promise.all(definitions.map((definition) => client.find(definitionKind, keyOf(definition), { signal })));
  const foreign = found.filter((definition) => definition && definition.metadata.labels?.[labels.partOf] !== productName);
  if (foreign.length === 0) return;
  const names = foreign.map((definition) => definition?.metadata.name).join(', ');
  throw new SegwError('ForeignDefinitions', `install static egress gateway: the cluster has kinds that are not ours: ${names}`);
}

/** An object that is being deleted takes no changes. */
async function awaitEarlierRemoval(
  client: KubeClient,
  definitions: readonly ManifestObject[],
  signal: AbortSignal,
): Promise<void> {
  await pollUntil(
    'the end of an earlier removal of static egress gateway',
    async (note) => {
      const found = await Promise.all([
        client.find(namespaceKind, { name: systemNamespace }, { signal }),
        ...definitions.map((definition) => client.find(definitionKind, keyOf(definition), { signal })),
      ]);
      const leaving = found.filter((object) => object?.metadata.deletionTimestamp !== undefined);
      note(`being deleted: ${leaving.map((object) => object?.metadata.name).join(', ')}`);
      return leaving.length === 0 ? true : undefined;
    },
    { timeoutMs: leftoverTimeoutMs, signal },
  );
}

async function applyAll(client: KubeClient, objects: readonly ManifestObject[], signal: AbortSignal): Promise<void> {
  for (const object of objects) await client.apply(kindOf(object), object, { fieldManager, signal });
}

async function awaitServed(client: KubeClient, definitions: readonly ManifestObject[], signal: AbortSignal): Promise<void> {
  await pollUntil(
    'the kinds of static egress gateway',
    async (note) => {
      const found = await Promise.all(
        definitions.map((definition) => client.find(definitionKind, keyOf(definition), { signal })),
      );
      const unserved = definitions.filter((_, index) => {
        const definition = found[index];
        return definition === undefined || !hasCondition(definition, 'Established');
      });
      note(`not served yet: ${unserved.map(({ metadata }) => metadata.name).join(', ')}`);
      return unserved.length === 0 ? true : undefined;
    },
    { timeoutMs: definitionsTimeoutMs, signal },
  );
}
