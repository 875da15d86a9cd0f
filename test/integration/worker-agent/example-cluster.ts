import type { DesiredCondition } from '../../../src/api/condition.ts';
import { egressWorkerKind, type EgressWorker } from '../../../src/api/egress-worker.ts';
import { gatewayStatusKind } from '../../../src/api/gateway-status.ts';
import { gatewayVmConfigurationKind } from '../../../src/api/gateway-vm-configuration.ts';
import { kinds } from '../../../src/api/kinds.ts';
import { podAnnotation, systemNamespace } from '../../../src/api/names.ts';
import { staticGatewayConfigurationKind } from '../../../src/api/static-gateway-configuration.ts';
import { pollUntil } from '../../../src/base/poll.ts';
import { defaultSettings } from '../../../src/dataplane/settings.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import { deriveProbeKeys } from '../../../src/tunnel-probe/probe-keys.ts';
import { startResponderLoop, type ResponderLoop } from '../../../src/tunnel-probe/responder-loop.ts';
import { workerIdOf, type ProbeAnswer } from '../../../src/tunnel-probe/wire-format.ts';
import { nodeKind, podKind, type Pod } from '../../../src/worker-agent/kube-kinds.ts';
import { installKinds, namespaceKind } from '../../support/api-server.ts';
import { newKeyPair } from '../../support/probe/probe-identity.ts';

const fieldManager = 'test';
export const workerName = 'worker-1';
export const gatewayName = 'gateway-1';
export const label = '100.64.4.2';
/** On loopback, where a test can answer probes; another one for each process. */
export const gatewayAddress = `127.6.${String((process.pid >> 8) & 0xff)}.${String(process.pid & 0xff)}`;
/** Whoever has the private key can answer probes. */
export const gatewayKeys = newKeyPair();
export const workerKeys = newKeyPair();

/** A cluster with a worker, a gateway and a namespace `team`; nobody in it does anything by itself. */
export async function makeCluster(client: KubeClient): Promise<void> {
  await installKinds(client, kinds);
  for (const name of [systemNamespace, 'team']) await client.apply(namespaceKind, { metadata: { name } }, { fieldManager });
  await makeNode(client, { name: workerName, address: '10.224.0.11', podCidr: '10.244.1.0/24' });
  await makeNode(client, { name: gatewayName, address: '10.224.0.21', podCidr: '10.244.2.0/24' });
}

export async function makeNode(
  client: KubeClient,
  { name, address, podCidr, labels }: { name: string; address: string; podCidr: string; labels?: Record<string, string> },
): Promise<void> {
  const spec = { podCIDR: podCidr, podCIDRs: [podCidr] };
  await client.apply(nodeKind, { metadata: { name, ...(labels && { labels }) }, spec }, { fieldManager });
  const status = { addresses: [{ type: 'InternalIP', address }] };
  await client.apply(nodeKind, { metadata: { name }, status }, { fieldManager, subresource: 'status' });
}

/** What the operator does: an SGC with this state, and its cloud side. Returns its uid. */
export async function makeConfiguration(
  client: KubeClient,
  name: string,
  ready: Pick<DesiredCondition, 'status' | 'reason' | 'message'> | undefined,
): Promise<string> {
  const metadata = { namespace: 'team', name };
  const spec = { gatewayNodepoolName: 'gw', provisionPublicIps: true, defaultRoute: 'staticEgressGateway' as const };
  const { metadata: stored } = await client.apply(staticGatewayConfigurationKind, { metadata, spec }, { fieldManager });
  const condition = ready && { type: 'Ready' as const, ...ready, lastTransitionTime: new Date().toISOString() };
  await client.apply(
    staticGatewayConfigurationKind,
    { metadata, status: { conditions: condition ? [condition] : [] } },
    { fieldManager, subresource: 'status' },
  );
  await client.apply(
    gatewayVmConfigurationKind,
    { metadata, spec: { gatewayNodepoolName: 'gw', provisionPublicIps: true } },
    { fieldManager },
  );
  const profile = {
    nodeName: gatewayName,
    primaryAddress: '10.224.0.21',
    secondaryAddress: '10.224.0.121',
    publicAddress: '203.0.113.8',
  };
  await client.apply(
    gatewayVmConfigurationKind,
    { metadata, status: { configurationGeneration: stored.generation ?? 0, gatewayVmProfiles: [profile] } },
    { fieldManager, subresource: 'status' },
  );
  return stored.uid ?? '';
}

export const readyCondition = { status: 'True', reason: 'AllGatewaysReady', message: 'served' } as const;

/** What the operator does for the worker: its object, with a label for each of these SGCs. */
export async function authorise(client: KubeClient, configurations: Readonly<Record<string, string>>): Promise<EgressWorker> {
  const labels = Object.entries(configurations).map(([name, uid], index) => ({
    namespace: 'team',
    name,
    uid,
    address: `100.64.4.${String(2 + index)}`,
  }));
  const object = { metadata: { namespace: systemNamespace, name: workerName }, spec: { labelBlock: '100.64.4.0/22', labels } };
  return await client.apply(egressWorkerKind, object, { fieldManager });
}

/** What the gateway-agent does: it has programmed the SGCs, and the worker as it is now. */
export async function acknowledge(client: KubeClient, uids: readonly string[], worker?: EgressWorker): Promise<void> {
  const metadata = { namespace: systemNamespace, name: gatewayName };
  await client.apply(gatewayStatusKind, { metadata, spec: { number: 1 } }, { fieldManager });
  const entry = worker?.status?.publicKey && {
    name: workerName,
    generation: worker.metadata.generation ?? 0,
    publicKey: worker.status.publicKey,
  };
  const status = {
    publicKey: gatewayKeys.publicKey,
    endpoint: `${gatewayAddress}:6000`,
    state: 'Ready' as const,
    configurations: uids.map((uid) => ({ namespace: 'team', name: uid, uid, generation: 9, secondaryAddress: '10.224.0.121' })),
    workers: entry ? [entry] : [],
  };
  await client.apply(gatewayStatusKind, { metadata, status }, { fieldManager, subresource: 'status' });
}

/** Everything that the first pod of `team/web` waits for. Returns the configuration's uid. */
export async function makeServing(client: KubeClient): Promise<string> {
  const uid = await makeConfiguration(client, 'web', readyCondition);
  await authorise(client, { web: uid });
  const worker = await awaitWorker(client, 'the agent says who it is', ({ status }) => status?.publicKey !== undefined);
  await acknowledge(client, [uid], worker);
  return uid;
}

/** The EgressWorker, as soon as it is as `isDone` says. */
export async function awaitWorker(
  client: KubeClient,
  what: string,
  isDone: (worker: EgressWorker) => boolean,
): Promise<EgressWorker> {
  return await pollUntil(
    what,
    async (note) => {
      const worker = await client.find(egressWorkerKind, { namespace: systemNamespace, name: workerName });
      note(JSON.stringify(worker?.status));
      return worker && isDone(worker) ? worker : undefined;
    },
    { timeoutMs: 30_000, intervalMs: 20 },
  );
}

/** A pod on the worker, as the kubelet reports it. */
export async function makePod(
  client: KubeClient,
  name: string,
  { sgc, address, hostNetwork = false }: { sgc?: string; address?: string; hostNetwork?: boolean },
): Promise<Pod> {
  const metadata = { namespace: 'team', name, ...(sgc !== undefined && { annotations: { [podAnnotation]: sgc } }) };
  const spec = { nodeName: workerName, hostNetwork, containers: [{ name: 'main', image: 'segw.local/none:1' }] };
  const pod = await client.apply(podKind, { metadata, spec }, { fieldManager });
  const status = { phase: 'Running', ...(address !== undefined && { podIP: address, podIPs: [{ ip: address }] }) };
  await client.apply(podKind, { metadata: { namespace: 'team', name }, status }, { fieldManager, subresource: 'status' });
  return pod;
}

/** The gateway's answers to the worker's probes, on the port where they are expected. */
export async function answerProbes(answer: () => ProbeAnswer | undefined): Promise<ResponderLoop> {
  const keys = deriveProbeKeys(gatewayKeys.privateKey, workerKeys.publicKey);
  const worker = workerIdOf(workerKeys.publicKey);
  return await startResponderLoop({
    at: { address: gatewayAddress, port: defaultSettings.probePort },
    keysOf: (named) => (named === worker ? keys : undefined),
    answer,
    onError(error) {
      throw error;
    },
  });
}
