import { z } from 'zod';
import { apiGroup, apiVersion, labels, podAnnotation } from '../../api/names.ts';
import { SegwError } from '../../base/error.ts';
import { inStep, type Progress } from '../../base/progress.ts';
import { createRegionClients } from '../aks/azure-clients.ts';
import { desiredPool } from '../aks/desired-pool.ts';
import { runToEnd } from '../aks/long-running.ts';
import { bringUp } from '../bring-up.ts';
import type { Context } from '../context.ts';
import { createKubectl, type Kubectl } from '../kubectl.ts';
import { localDefaults } from '../local-defaults.ts';
import { readRegionCredentials } from '../region-credentials.ts';
import { inOwnRegion } from './own-region.ts';

/** A cluster with two workers, gateways, and an SGC that is Ready. */
export interface DataplaneWorld {
  /** Of the region that it lives in. */
  readonly context: Context;
  readonly kubectl: Kubectl;
  /** Names of nodes, which are those of their machines. */
  readonly workers: readonly string[];
  readonly gateways: readonly string[];
  /** By which annotated pods leave, as `203.0.113.0/30`. */
  readonly egressPrefix: string;
}

/** Of everything that a benchmark makes in the cluster. */
export const benchNamespace = 'bench';
/** The name of the SGC. */
export const benchConfiguration = 'bench';
export const annotated = { [podAnnotation]: benchConfiguration };

interface WorldOptions {
  /** At least 2. */
  readonly gateways: number;
  readonly progress: Progress;
}

/** Runs `measure` in a world of its own, and leaves nothing of it. */
export async function inDataplaneWorld<T>(
  context: Context,
  { gateways, progress }: WorldOptions,
  measure: (world: DataplaneWorld) => Promise<T>,
): Promise<T> {
  return inOwnRegion(context, async (own) => {
    await bringUp(own, { enableStaticEgressGateway: true, featureFlags: { areNeeded: false } });
    await createGatewayPool(own, gateways);
    return measure(await openDataplaneWorld(own, progress));
  });
}

/** On a cluster that has a gateway pool. It ends with `benchNamespace`. */
export async function openDataplaneWorld(context: Context, progress: Progress): Promise<DataplaneWorld> {
  const kubectl = createKubectl(context);
  await kubectl.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: benchNamespace } });
  await inStep(progress, 'wait until the configuration is Ready', async () => startConfigurations(kubectl, [benchConfiguration]));
  return { context, kubectl, ...(await nodeNames(kubectl)), egressPrefix: await egressPrefix(kubectl) };
}

export function firstWorker({ workers }: DataplaneWorld): string {
  const [node] = workers;
  if (node === undefined) throw new SegwError('NotFound', 'the cluster has no worker');
  return node;
}

/** Makes SGCs of these names; they are Ready when this returns. */
export async function startConfigurations(kubectl: Kubectl, names: readonly string[]): Promise<void> {
  const spec = { gatewayNodepoolName: localDefaults.gatewayPool };
  const kind = { apiVersion: `${apiGroup}/${apiVersion}`, kind: 'StaticGatewayConfiguration' };
  await kubectl.apply(...names.map((name) => ({ ...kind, metadata: { name, namespace: benchNamespace }, spec })));
  const targets = names.map((name) => `staticgatewayconfiguration/${name}`);
  await kubectl.run(['wait', '--namespace', benchNamespace, '--for=condition=Ready', ...targets, '--timeout=120s']);
}

async function createGatewayPool(own: Context, count: number): Promise<void> {
  const { containers } = await createRegionClients(await readRegionCredentials(own.settings));
  const pool = desiredPool({ mode: 'Gateway', nodeCount: count, gatewayPrefixSize: 32 - Math.ceil(Math.log2(count)) });
  const { resourceGroup, cluster, gatewayPool } = localDefaults;
  await runToEnd(
    own,
    { title: `gateway pool of ${String(count)} nodes`, wait: true },
    containers.agentPools.createOrUpdate(resourceGroup, cluster, gatewayPool, pool),
  );
}

const nodeList = z.object({
  items: z.array(z.object({ metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()) }) })),
});

async function nodeNames(kubectl: Kubectl): Promise<Pick<DataplaneWorld, 'workers' | 'gateways'>> {
  const { items } = nodeList.parse(await kubectl.json(['get', 'nodes']));
  const inPool = (pool: string): string[] =>
    items.filter(({ metadata }) => metadata.labels[labels.aksAgentPool] === pool).map(({ metadata }) => metadata.name);
  return { workers: inPool(localDefaults.systemPool), gateways: inPool(localDefaults.gatewayPool) };
}

async function egressPrefix(kubectl: Kubectl): Promise<string> {
  const sgc = ['--namespace', benchNamespace, `staticgatewayconfiguration/${benchConfiguration}`];
  return kubectl.run(['get', ...sgc, '--output', 'jsonpath={.status.egressIpPrefix}']);
}
