import type { ManagedCluster } from '@azure/arm-containerservice';
import { writeFileAtomic } from '../base/files.ts';
import { inStep } from '../base/progress.ts';
import { createSupply } from '../cluster/supply/supply.ts';
import { createRegionClients, type AzureClients } from './aks/azure-clients.ts';
import { isBusy } from './aks/azure-error.ts';
import { readKubeconfig } from './aks/credentials.ts';
import { changedCluster, desiredCluster } from './aks/desired-cluster.ts';
import { request, runToEnd } from './aks/long-running.ts';
import type { Context } from './context.ts';
import {
  awaitFeatureRegistered,
  chooseFeatureFlags,
  type FeatureFlagChoice,
  previewFeature,
  registerFeature,
} from './feature-flag.ts';
import { createKubectl } from './kubectl.ts';
import { requireSuitableHost } from './doctor/suitable-host.ts';
import { localDefaults as names } from './local-defaults.ts';
import { createProgress } from './progress.ts';
import { clientFiles, linkKubectl, writeCaBundle } from './region-environment.ts';
import { readRegionCredentials } from './region-credentials.ts';
import { startRegion } from './region-process.ts';
import { settledCluster } from './settled-cluster.ts';
import { requireOwnFolder } from './state-folder.ts';

const dnsRollout = ['rollout', 'status', '--namespace', 'kube-system', 'deployment/coredns', '--timeout=120s'];

const maxAttempts = 5;

interface BringUpOptions {
  /** Its preview feature is then registered while the cluster comes up. */
  readonly enableStaticEgressGateway: boolean;
  readonly featureFlags?: FeatureFlagChoice;
}

/**
 * The local region with one cluster, up and its nodes Ready. Whatever is there already stays; twice is once. Everything is asked of the
 * region's own ARM plane, as `az` would.
 */
export async function bringUp(context: Context, options: BringUpOptions): Promise<void> {
  const { settings, stderr, root, signal } = context;
  const progress = createProgress(stderr);
  await requireSuitableHost(context);
  await requireOwnFolder(settings);
  const supply = createSupply({ cacheDir: settings.cacheDir, repositoryDir: root, progress, signal });
  const { binaries } = await supply.ensureAll();
  await inStep(progress, 'start the region', () => startRegion(context));
  await writeCaBundle(settings);
  await linkKubectl(settings, binaries.kubectl);
  const clients = await createRegionClients(await readRegionCredentials(settings), { signal });
  await request('create resource group', () =>
    clients.resources.resourceGroups.createOrUpdate(names.resourceGroup, { location: names.location }),
  );
  await chooseFeatureFlags(context, options.featureFlags ?? {});
  await ensureClusterWithFeature(context, clients, options);
  const { kubeconfig } = clientFiles(settings);
  const place = { resourceGroup: names.resourceGroup, name: names.cluster };
  await writeFileAtomic(kubeconfig, await readKubeconfig(clients, place, 'admin'), { mode: 0o600 });
  // A cluster whose names do not resolve yet is not up for anybody who uses it.
  await inStep(progress, 'wait for the cluster DNS', () => createKubectl(context).run(dnsRollout));
}

/** Where the feature's registration takes a while, the cluster comes up meanwhile, and is enabled then. */
async function ensureClusterWithFeature(context: Context, clients: AzureClients, options: BringUpOptions): Promise<void> {
  const isWanted = options.enableStaticEgressGateway;
  const isRegistered = isWanted && (await registerFeature(context));
  const cluster = await ensureCluster(context, clients, { enableStaticEgressGateway: isRegistered });
  if (!isWanted || isGatewayEnabled(cluster)) return;
  const title = `wait until preview feature ${previewFeature.name} is Registered`;
  await inStep(createProgress(context.stderr), title, () => awaitFeatureRegistered(context));
  await ensureCluster(context, clients, options);
}

/** Two commands may see the cluster at rest and both ask: the service takes one, and the other waits for it. */
async function ensureCluster(
  context: Context,
  clients: AzureClients,
  options: BringUpOptions,
): Promise<ManagedCluster | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await putCluster(context, clients, options);
    } catch (error) {
      if (attempt === maxAttempts || !isBusy(error)) throw error;
    }
  }
}

/** An existing cluster is put again as it is: that ends when its machines run and its nodes are Ready. */
async function putCluster(context: Context, clients: AzureClients, options: BringUpOptions): Promise<ManagedCluster | undefined> {
  const { resourceGroup, cluster: name } = names;
  const existing = await settledCluster(context, clients);
  const flags = options.enableStaticEgressGateway ? { enableStaticEgressGateway: true } : {};
  const body = existing
    ? changedCluster(existing, flags)
    : desiredCluster({ name, nodepoolName: names.systemPool, nodeCount: names.systemNodes, ...flags }, names.location);
  const title = titleOf(existing, options);
  return runToEnd(context, { title, wait: true }, clients.containers.managedClusters.createOrUpdate(resourceGroup, name, body));
}

function titleOf(existing: ManagedCluster | undefined, options: BringUpOptions): string {
  if (existing === undefined) return `create cluster ${names.cluster} (control plane, ${String(names.systemNodes)} nodes)`;
  return options.enableStaticEgressGateway && !isGatewayEnabled(existing)
    ? `enable static egress gateway on cluster ${names.cluster}`
    : `bring up cluster ${names.cluster}`;
}

function isGatewayEnabled(cluster: ManagedCluster | undefined): boolean {
  return cluster?.networkProfile?.staticEgressGatewayProfile?.enabled === true;
}
