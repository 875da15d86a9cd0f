import { z } from 'zod';
import { SegwError } from '../../base/error.ts';
import { pollUntil } from '../../base/poll.ts';
import { inStep, type Progress } from '../../base/progress.ts';
import { systemNamespace } from '../../api/names.ts';
import { createRegionClients, type AzureClients } from '../aks/azure-clients.ts';
import { desiredPool } from '../aks/desired-pool.ts';
import { collect, request, runToEnd } from '../aks/long-running.ts';
import { bringUp } from '../bring-up.ts';
import type { Context } from '../context.ts';
import { previewFeature } from '../feature-flag.ts';
import { createKubectl, type Kubectl } from '../kubectl.ts';
import { localDefaults as names } from '../local-defaults.ts';
import { createProgress } from '../progress.ts';
import { readRegionCredentials } from '../region-credentials.ts';
import {
  annotatedPod,
  configurationManifest,
  demoConfiguration,
  demoNamespace,
  namespaceManifest,
  plainPod,
  podManifests,
} from './demo-objects.ts';
import { watchFailover } from './failover-watch.ts';
import { parseProviderId } from './gateway-instance.ts';
import { createNarrator, type Narrator } from './narrator.ts';

export interface DemoResult {
  readonly ok: true;
  readonly clusterVersion: string;
  readonly egressIpPrefix: string;
  readonly addressWithout: string;
  readonly addressWith: string;
  readonly addressAfterFailover: string;
  readonly failoverSilenceMs: number;
  readonly seconds: number;
}

interface Stage {
  readonly context: Context;
  readonly clients: AzureClients;
  readonly kubectl: Kubectl;
  readonly narrator: Narrator;
  readonly progress: Progress;
}

const gatewayNodes = 2;
const gatewayPrefixSize = 31;
const waitSeconds = 120;
const here = `-g ${names.resourceGroup} --cluster-name ${names.cluster}`;

/** The walk through the product, on a bare machine or on a running cluster alike. Leaves the cluster up, all nodes Ready. */
export async function runDemo(context: Context): Promise<DemoResult> {
  const startedMs = performance.now();
  const narrator = createNarrator(context.stderr);
  narrator.say('A local Azure region with a real Kubernetes cluster; the preview feature is registered while it comes up');
  narrator.command(`az feature register --namespace ${previewFeature.namespace} --name ${previewFeature.name}`);
  narrator.command(`az aks create -g ${names.resourceGroup} -n ${names.cluster}`);
  narrator.command(`az aks update -g ${names.resourceGroup} -n ${names.cluster} --enable-static-egress-gateway`);
  await bringUp(context, { enableStaticEgressGateway: true });
  const clients = await createRegionClients(await readRegionCredentials(context.settings));
  const stage: Stage = { context, clients, kubectl: createKubectl(context), narrator, progress: createProgress(context.stderr) };
  await ensureGatewayPool(stage);
  const egressIpPrefix = await applyConfiguration(stage);
  const { addressWithout, addressWith } = await comparePods(stage, egressIpPrefix);
  const { addressAfter, silenceMs, restarted } = await powerOffGateway(stage, addressWith);
  await awaitNodes(stage, restarted);
  return {
    ok: true,
    clusterVersion: await clusterVersion(stage),
    egressIpPrefix,
    addressWithout,
    addressWith,
    addressAfterFailover: addressAfter,
    failoverSilenceMs: silenceMs,
    seconds: Math.round((performance.now() - startedMs) / 1000),
  };
}

async function ensureGatewayPool({ context, clients, narrator }: Stage): Promise<void> {
  narrator.say('A gateway node pool: two nodes, and a public IP prefix of two addresses for each configuration');
  narrator.command(
    `az aks nodepool add ${here} -n ${names.gatewayPool} --mode gateway --node-count ${String(gatewayNodes)} --gateway-prefix-size ${String(gatewayPrefixSize)}`,
  );
  const { agentPools } = clients.containers;
  const existing = await collect('list node pools', agentPools.list(names.resourceGroup, names.cluster));
  const pool =
    existing.find(({ name }) => name === names.gatewayPool) ??
    desiredPool({ mode: 'Gateway', nodeCount: gatewayNodes, gatewayPrefixSize });
  await runToEnd(
    context,
    { title: `gateway pool ${names.gatewayPool}`, wait: true },
    agentPools.createOrUpdate(names.resourceGroup, names.cluster, names.gatewayPool, pool),
  );
}

async function applyConfiguration({ kubectl, narrator, progress }: Stage): Promise<string> {
  narrator.say('A StaticGatewayConfiguration: the prefix is made, and every gateway gets an address of it');
  narrator.command(
    `kubectl apply -f demo.yaml   # StaticGatewayConfiguration ${demoNamespace}/${demoConfiguration}, gatewayNodepoolName: ${names.gatewayPool}`,
  );
  await kubectl.apply(namespaceManifest, configurationManifest);
  const sgc = ['--namespace', demoNamespace, `staticgatewayconfiguration/${demoConfiguration}`];
  await inStep(progress, 'wait until it is Ready', () =>
    kubectl.run(['wait', '--for=condition=Ready', ...sgc, `--timeout=${String(waitSeconds)}s`]),
  );
  const prefix = await kubectl.run(['get', ...sgc, '--output', 'jsonpath={.status.egressIpPrefix}']);
  narrator.result(`Egress Ip Prefix: ${prefix}`);
  return prefix;
}

async function comparePods(
  { kubectl, narrator, progress }: Stage,
  prefix: string,
): Promise<{ addressWithout: string; addressWith: string }> {
  narrator.say('Two pods that differ in one annotation ask http://ifconfig.me for their address');
  await kubectl.run(['delete', 'pod', '--namespace', demoNamespace, '--ignore-not-found', plainPod, annotatedPod]);
  await kubectl.apply(...podManifests);
  await inStep(progress, 'start the pods', () =>
    kubectl.run([
      'wait',
      '--namespace',
      demoNamespace,
      '--for=condition=Ready',
      `pod/${plainPod}`,
      `pod/${annotatedPod}`,
      `--timeout=${String(waitSeconds)}s`,
    ]),
  );
  narrator.command(`kubectl exec -n ${demoNamespace} ${annotatedPod} -- curl http://ifconfig.me`);
  const [addressWithout, addressWith] = [await askAddress(kubectl, plainPod), await askAddress(kubectl, annotatedPod)];
  narrator.result(`without the annotation: ${addressWithout} (the cluster's outbound address)`);
  narrator.result(`with the annotation:    ${addressWith} (out of ${prefix})`);
  return { addressWithout, addressWith };
}

async function powerOffGateway(
  { context, clients, kubectl, narrator, progress }: Stage,
  addressWith: string,
): Promise<{ addressAfter: string; silenceMs: number; restarted: Restarted }> {
  const node = await servingGateway(kubectl, addressWith);
  const { resourceGroup, scaleSet, instanceId } = parseProviderId(
    await kubectl.run(['get', 'node', node, '--output', 'jsonpath={.spec.providerID}']),
  );
  narrator.say(`The gateway that serves the pod (${node}) is powered off, hard, while the pod keeps asking`);
  narrator.command(`az vmss stop -g ${resourceGroup} -n ${scaleSet} --instance-ids ${instanceId} --skip-shutdown`);
  const instances = clients.compute.virtualMachineScaleSetVMs;
  const watched = await watchFailover(kubectl, addressWith, async () => {
    await request(`power off ${node}`, async () =>
      instances.powerOff(resourceGroup, scaleSet, instanceId, { skipShutdown: true }).pollUntilDone(),
    );
  });
  narrator.result(
    `now by the other address of the prefix: ${watched.addressAfter}; longest silence ${String(watched.silenceMs)} ms`,
  );
  narrator.say('The gateway is started again');
  const restarted = { node, sinceMs: Date.now() };
  narrator.command(`az vmss start -g ${resourceGroup} -n ${scaleSet} --instance-ids ${instanceId}`);
  await inStep(progress, `start ${node}`, () =>
    request(`start ${node}`, async () =>
      instances.start(resourceGroup, scaleSet, instanceId, { abortSignal: context.signal }).pollUntilDone(),
    ),
  );
  return { ...watched, restarted };
}

interface Restarted {
  readonly node: string;
  readonly sinceMs: number;
}

/** What the API server says of a node that was restarted is old news until its kubelet has renewed its lease. */
async function awaitNodes({ kubectl, progress }: Stage, { node, sinceMs }: Restarted): Promise<void> {
  await inStep(progress, 'wait until all nodes are Ready and all gateways serve', async () => {
    const lease = ['get', 'lease', '--namespace', 'kube-node-lease', node, '--output', 'jsonpath={.spec.renewTime}'];
    await pollUntil(`${node} runs again`, async () => (Date.parse(await kubectl.run(lease)) > sinceMs ? true : undefined), {
      timeoutMs: waitSeconds * 1000,
    });
    await kubectl.run(['wait', '--for=condition=Ready', 'node', '--all', `--timeout=${String(waitSeconds)}s`]);
    await kubectl.run([
      'wait',
      '--namespace',
      systemNamespace,
      '--for=jsonpath={.status.state}=Ready',
      'gatewaystatus',
      '--all',
      `--timeout=${String(waitSeconds)}s`,
    ]);
  });
}

async function askAddress(kubectl: Kubectl, pod: string): Promise<string> {
  return (
    await kubectl.run([
      'exec',
      '--namespace',
      demoNamespace,
      pod,
      '--',
      'curl',
      '--silent',
      '--show-error',
      '--max-time',
      '10',
      'http://ifconfig.me/',
    ])
  ).trim();
}

const configurationStatus = z.object({
  status: z.object({ gateways: z.array(z.object({ node: z.string(), egressAddress: z.string().optional() })) }),
});

/** The node of the gateway that has this address of the prefix. */
async function servingGateway(kubectl: Kubectl, address: string): Promise<string> {
  const { status } = configurationStatus.parse(
    await kubectl.json(['get', '--namespace', demoNamespace, `staticgatewayconfiguration/${demoConfiguration}`]),
  );
  const gateway = status.gateways.find(({ egressAddress }) => egressAddress === address);
  if (!gateway)
    throw new SegwError(
      'NotFound',
      `no gateway of ${demoNamespace}/${demoConfiguration} has the address ${address} that the pod left by`,
    );
  return gateway.node;
}

async function clusterVersion({ clients }: Stage): Promise<string> {
  const cluster = await request('read the cluster', () =>
    clients.containers.managedClusters.get(names.resourceGroup, names.cluster),
  );
  return cluster.currentKubernetesVersion ?? '';
}
