import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  AppsV1Api,
  CoordinationV1Api,
  CoreV1Api,
  KubeConfig,
  PolicyV1Api,
  RbacAuthorizationV1Api,
  V1MicroTime,
} from '@kubernetes/client-node';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { createLogger } from '../../../src/base/log.ts';
import { pollUntil } from '../../../src/base/poll.ts';
import type { ClusterPlatform, ClusterSpec } from '../../../src/cluster/cluster-platform.ts';
import { createClusters } from '../../../src/cluster/clusters.ts';
import type { NodeShell } from '../../../src/cluster/node-shell.ts';
import { desiredLabels, kubeletLabels } from '../../../src/cluster/node-labels.ts';
import { exampleCluster, exampleGatewayNode } from '../../support/example-cluster.ts';
import { startLoneMachine, type LoneMachine } from './lone-machine.ts';
import { suppliedParts } from './supplied-parts.ts';

const node = exampleGatewayNode;
const archive = { archive: '/images/coredns.tar', reference: 'segw.local/coredns:1.12.4', digest: 'sha256:aa' };

const authorityPem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

const { signal } = new AbortController();

describe('a control plane', () => {
  let cluster: ClusterSpec;
  let clusters: ClusterPlatform;
  let machine: LoneMachine;
  let stateDir: string;
  const shell = createImageShell();

  before(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'segw-clusters-'));
    cluster = { ...exampleCluster, apiPort: await freePort() };
    const parts = await suppliedParts();
    const forwards = {
      open: (forward: Parameters<LoneMachine['forwards']['open']>[0]) => machine.forwards.open(forward),
      close: (port: number) => machine.forwards.close(port),
    };
    const log = createLogger('test', { level: 'silent' });
    clusters = createClusters({
      stateDir,
      log,
      forwards,
      shell,
      images: async () => [archive],
      authorityPem: async () => authorityPem,
    });
    machine = await startLoneMachine({
      ...parts,
      address: cluster.address,
      content: await clusters.controlPlaneContent(cluster),
    });
    await clusters.ensureReady(cluster, signal);
  });

  after(async () => {
    await clusters.remove(cluster);
    await machine.forwards.close(cluster.apiPort);
    await machine.stop();
    await rm(stateDir, { recursive: true, force: true });
  });

  async function connect(): Promise<KubeConfig> {
    const config = new KubeConfig();
    config.loadFromString(await clusters.kubeconfig(cluster, 'user'));
    return config;
  }

  /** What a kubelet of `node` could do: the credentials that its machine holds, at the loopback port. */
  async function connectAsKubelet(): Promise<KubeConfig> {
    const { files } = await clusters.nodeContent(cluster, node);
    const kubeconfig = files.find(({ path }) => path === '/etc/kubernetes/kubelet.conf')?.content ?? '';
    const config = new KubeConfig();
    config.loadFromString(kubeconfig.replace(`${cluster.address}:6443`, `127.0.0.1:${String(cluster.apiPort)}`));
    return config;
  }

  /** What a kubelet reports of itself when all is well. */
  async function heartbeat(labels: Readonly<Record<string, string>>): Promise<void> {
    const config = await connectAsKubelet();
    const core = config.makeApiClient(CoreV1Api);
    const conditions = [{ type: 'Ready', status: 'True', lastHeartbeatTime: new Date(), lastTransitionTime: new Date() }];
    await core.createNode({ body: { metadata: { name: node.name, labels: { ...labels } }, status: { conditions } } });
    const spec = { holderIdentity: node.name, leaseDurationSeconds: 3600, renewTime: new V1MicroTime() };
    await config
      .makeApiClient(CoordinationV1Api)
      .createNamespacedLease({ namespace: 'kube-node-lease', body: { metadata: { name: node.name }, spec } });
  }

  test('has CoreDNS behind the DNS service address, and applying it again changes nothing', async () => {
    const config = await connect();
    const read = () => config.makeApiClient(AppsV1Api).readNamespacedDeployment({ name: 'coredns', namespace: 'kube-system' });
    const service = await config.makeApiClient(CoreV1Api).readNamespacedService({ name: 'kube-dns', namespace: 'kube-system' });
    assert.equal(service.spec?.clusterIP, cluster.dnsServiceAddress);
    const before = await read();
    await clusters.ensureReady(cluster, signal);
    assert.equal((await read()).metadata?.generation, before.metadata?.generation);
  });

  test('has the authority of the region in every namespace, also in a new one and after a deletion', async () => {
    const core = (await connect()).makeApiClient(CoreV1Api);
    const published = async (namespace: string): Promise<true | undefined> => {
      const found = await core.readNamespacedConfigMap({ name: 'segw-ca', namespace }).catch(() => undefined);
      return found?.data?.['ca.crt'] === authorityPem ? true : undefined;
    };
    assert.equal(await published('default'), true);
    await core.createNamespace({ body: { metadata: { name: 'later' } } });
    await core.deleteNamespacedConfigMap({ name: 'segw-ca', namespace: 'default' });
    for (const namespace of ['kube-system', 'later', 'default'])
      await pollUntil(`segw-ca in ${namespace}`, () => published(namespace), { timeoutMs: 20_000 });
  });

  test('lets its own user call kubelets', async () => {
    const config = await connect();
    const binding = await config.makeApiClient(RbacAuthorizationV1Api).readClusterRoleBinding({ name: 'segw:kubelet-api-admin' });
    assert.deepEqual(
      binding.subjects?.map(({ name }) => name),
      ['kube-apiserver-kubelet-client'],
    );
  });

  test('gives the service `kubernetes` an endpoint', async () => {
    const core = (await connect()).makeApiClient(CoreV1Api);
    const { subsets } = await core.readNamespacedEndpoints({ name: 'kubernetes', namespace: 'default' });
    assert.deepEqual(
      subsets?.map(({ addresses, ports }) => [addresses?.map(({ ip }) => ip), ports?.map(({ port }) => port)]),
      [[[cluster.address], [6443]]],
    );
  });

  test('signs service account tokens that the published keys verify', async () => {
    const core = (await connect()).makeApiClient(CoreV1Api);
    const { status } = await core.createNamespacedServiceAccountToken({
      name: 'default',
      namespace: 'default',
      body: { spec: { audiences: ['api://AzureADTokenExchange'] } },
    });
    const keys = createLocalJWKSet({ keys: [...(await clusters.serviceAccountKeys(cluster))] });
    const { payload } = await jwtVerify(status?.token ?? '', keys, { audience: 'api://AzureADTokenExchange' });
    assert.equal(payload.sub, 'system:serviceaccount:default:default');
  });

  test('does not let a kubelet give itself the labels that we keep for the cloud', async () => {
    await assert.rejects(heartbeat(desiredLabels(cluster, node)), /node-role\.kubernetes\.io\/gateway/);
  });

  test('makes a registered node ready: images first, then what only a cloud may set', async () => {
    await Promise.all([
      clusters.ensureNodeReady(cluster, node, signal),
      shell.imported.then(() => heartbeat(kubeletLabels(desiredLabels(cluster, node)))),
    ]);
    const { metadata, spec } = await (await connect()).makeApiClient(CoreV1Api).readNode({ name: node.name });
    assert.deepEqual([spec?.podCIDR, spec?.providerID], ['10.244.1.0/24', node.providerId]);
    for (const [key, value] of Object.entries(desiredLabels(cluster, node))) assert.equal(metadata?.labels?.[key], value, key);
    assert.deepEqual(shell.imports, [archive.archive]);
  });

  test('removes a node after the limit, and evicts only what budgets allow', async () => {
    const config = await connect();
    const core = config.makeApiClient(CoreV1Api);
    await config.makeApiClient(PolicyV1Api).createNamespacedPodDisruptionBudget({
      namespace: 'default',
      body: { metadata: { name: 'kept' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'kept' } } } },
    });
    for (const app of ['kept', 'free']) {
      const spec = { nodeName: node.name, containers: [{ name: 'c', image: 'segw.local/none:1' }] };
      const pod = { metadata: { name: app, labels: { app } }, spec };
      await core.createNamespacedPod({ namespace: 'default', body: pod });
      const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
      await core.replaceNamespacedPodStatus({ name: app, namespace: 'default', body: { ...pod, status } });
    }
    await clusters.removeNode(cluster, node.name, 1000);
    await assert.rejects(core.readNode({ name: node.name }), /404/);
    const pods = await core.listNamespacedPod({ namespace: 'default', labelSelector: 'app in (kept,free)' });
    const evicted = pods.items.filter(({ metadata }) => metadata?.deletionTimestamp).map(({ metadata }) => metadata?.name);
    assert.deepEqual(evicted, ['free']);
    await clusters.removeNode(cluster, node.name, 1000);
  });

  test('deletes the nodes of the cloud that have no machine any more, and no others', async () => {
    const core = (await connect()).makeApiClient(CoreV1Api);
    const made = { 'aks-gone': 'azure:///gone', 'aks-here': 'azure:///here', other: 'kind://other' };
    for (const [name, providerID] of Object.entries(made))
      await core.createNode({ body: { metadata: { name }, spec: { providerID } } });
    await clusters.retainNodes(cluster, ['aks-here']);
    const { items } = await core.listNode();
    assert.deepEqual(items.map(({ metadata }) => metadata?.name ?? '').sort(), ['aks-here', 'other']);
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : assert.fail('no port');
}

/** A machine's shell that knows `ctr images` and `touch`, and remembers what was imported. */
function createImageShell(): NodeShell & { readonly imports: readonly string[]; readonly imported: Promise<void> } {
  const imports: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    imports,
    imported: promise,
    async run(_machine, command, options) {
      if (command.includes('import')) imports.push(options?.inputFile ?? '');
      if (command[0] === 'touch') resolve();
      return 'REF TYPE DIGEST SIZE PLATFORMS LABELS';
    },
  };
}
