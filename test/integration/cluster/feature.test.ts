import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { egressWorkerKind, type EgressWorker, type EgressWorkerStatus } from '../../../src/api/egress-worker.ts';
import { featureConfigMap, nodeLeft } from '../../../src/api/feature.ts';
import { gatewayStatusKind } from '../../../src/api/gateway-status.ts';
import { cloudResourcesFinalizer, podAnnotation, spreadAnnotation, systemNamespace } from '../../../src/api/names.ts';
import { podEndpointKind, type PodEndpoint } from '../../../src/api/pod-endpoint.ts';
import { staticGatewayConfigurationKind } from '../../../src/api/static-gateway-configuration.ts';
import { pollUntil } from '../../../src/base/poll.ts';
import { daemonSetKind, definitionKind, deploymentKind } from '../../../src/cluster/cluster-objects.ts';
import type { FeatureSettings } from '../../../src/cluster/feature/feature-settings.ts';
import { awaitFeature, installFeature } from '../../../src/cluster/feature/install.ts';
import { readManifests, type Manifests } from '../../../src/cluster/feature/manifest-files.ts';
import { kindOf } from '../../../src/cluster/manifest.ts';
import { removeFeature } from '../../../src/cluster/feature/remove.ts';
import { renderValues } from '../../../src/cluster/feature/render.ts';
import { featureImageReference, manifestValues } from '../../../src/cluster/feature/values.ts';
import { isError } from '../../../src/kube/api-error.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import { configMapKind } from '../../../src/kube/config-map.ts';
import type { Connection } from '../../../src/kube/connection.ts';
import { connectByKubeConfig } from '../../../src/kube/kube-config.ts';
import { leaseKind } from '../../../src/kube/lease.ts';
import { keyOf, type KubeObject } from '../../../src/kube/object.ts';
import type { ResourceKind } from '../../../src/kube/resource.ts';
import { startApiServer, type ApiServer } from '../../support/api-server.ts';
import { exampleCluster } from '../../support/example-cluster.ts';
import { connectAsPod } from '../../support/service-account-client.ts';

const settings: FeatureSettings = {
  subscriptionId: '11111111-1111-4111-8111-111111111111',
  tenantId: '22222222-2222-4222-8222-222222222222',
  clientId: '33333333-3333-4333-8333-333333333333',
  armEndpoint: 'https://management.segw.test',
  armAudience: 'https://management.segw.test',
  authorityHost: 'https://login.segw.test',
  authorityPem: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
  hostNetworkPods: 'refuse',
};

const podKind: ResourceKind<KubeObject & { readonly spec: object }> = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  namespaced: true,
};
const nodeKind: ResourceKind<KubeObject & { readonly status?: object }> = {
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  namespaced: false,
};
const { signal } = new AbortController();
const write = { fieldManager: 'test' } as const;
const publicKey = `${'A'.repeat(43)}=`;

async function manifestsFor(change: Partial<FeatureSettings> = {}, digest = 'sha256:aa'): Promise<Manifests> {
  const { definitions, objects } = await readManifests();
  const values = manifestValues(exampleCluster, { reference: featureImageReference, digest }, { ...settings, ...change });
  return { definitions, objects: renderValues(objects, values) };
}

function inSystem(name: string): { readonly namespace: string; readonly name: string } {
  return { namespace: systemNamespace, name };
}

function container(): object {
  return { containers: [{ name: 'c', image: featureImageReference }] };
}

describe('static egress gateway in a cluster', () => {
  let server: ApiServer;
  let client: KubeClient;
  let worker: KubeClient;
  let gateway: KubeClient;
  const connections: Connection[] = [];

  before(async () => {
    server = await startApiServer();
    ({ client } = server);
    for (const name of ['n1', 'n2']) await createNode(name);
    await installFeature(client, await manifestsFor(), signal);
    worker = await agentOn('n1', 'segw-worker-agent');
    gateway = await agentOn('n1', 'segw-gateway-agent');
  });

  after(async () => {
    await Promise.all(connections.map((connection) => connection.close()));
    await server.stop();
  });

  async function createNode(name: string): Promise<void> {
    await client.create(nodeKind, { metadata: { name, labels: { 'kubernetes.io/os': 'linux' } } });
    const status = { conditions: [{ type: 'Ready', status: 'True' }] };
    await client.patch(nodeKind, { name }, { status }, { subresource: 'status' });
    await client.get(nodeKind, { name });
  }

  async function agentOn(nodeName: string, account: string): Promise<KubeClient> {
    const pod = `${account}-${nodeName}`;
    const spec = { nodeName, serviceAccountName: account, ...container() };
    await client.create(podKind, { metadata: inSystem(pod), spec });
    return connectAs(account, pod);
  }

  async function connectAs(serviceAccount: string, pod?: string): Promise<KubeClient> {
    const account = { namespace: systemNamespace, serviceAccount };
    const connected = await connectAsPod(server, pod === undefined ? account : { ...account, pod });
    connections.push(connected.connection);
    return connected.client;
  }

  async function createWorker(name: string, status: EgressWorkerStatus): Promise<void> {
    const object: EgressWorker = { metadata: inSystem(name), spec: { labelBlock: '100.64.0.0/22' } };
    if (!(await client.find(egressWorkerKind, inSystem(name)))) await client.create(egressWorkerKind, object);
    await client.patch(egressWorkerKind, inSystem(name), { status }, { subresource: 'status' });
  }

  /** A policy is in force a moment after it was made. */
  async function awaitRefusal(what: string, call: () => Promise<unknown>): Promise<void> {
    await pollUntil(
      what,
      async (note) => {
        try {
          await call();
          note('it was let in');
          return undefined;
        } catch (error) {
          if (isError(error, 'Forbidden', 'InvalidObject')) return true;
          throw error;
        }
      },
      { timeoutMs: 30_000 },
    );
  }

  async function versions(): Promise<readonly (string | undefined)[]> {
    const { definitions, objects } = await manifestsFor();
    const found = await Promise.all([...definitions, ...objects].map((object) => client.get(kindOf(object), keyOf(object))));
    return found.map(({ metadata }) =>
      metadata.generation === undefined ? metadata.resourceVersion : String(metadata.generation),
    );
  }

  test('installing again changes nothing', async () => {
    const before = await versions();
    await installFeature(client, await manifestsFor(), signal);
    assert.deepEqual(await versions(), before);
  });

  test('a rebuilt image starts a roll-out, and other settings one of the operator', async () => {
    const generations = async (): Promise<readonly (number | undefined)[]> => {
      const operator = await client.get(deploymentKind, inSystem('segw-operator'));
      const agents = await client.get(daemonSetKind, inSystem('segw-worker-agent'));
      return [operator.metadata.generation, agents.metadata.generation];
    };
    assert.deepEqual(await generations(), [1, 1]);
    await installFeature(client, await manifestsFor({}, 'sha256:bb'), signal);
    assert.deepEqual(await generations(), [2, 2]);
    await installFeature(client, await manifestsFor({ clientId: 'another' }, 'sha256:bb'), signal);
    assert.deepEqual(await generations(), [3, 2]);
  });

  test('it runs when the operator and the agents of every node that is up do', async () => {
    await client.patch(
      deploymentKind,
      inSystem('segw-operator'),
      { status: { observedGeneration: 3, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 } },
      { subresource: 'status' },
    );
    for (const name of ['segw-worker-agent', 'segw-gateway-agent', 'segw-tunnel-host']) {
      const scheduled = { desiredNumberScheduled: 2, currentNumberScheduled: 2, numberMisscheduled: 0, numberReady: 2 };
      const status = { ...scheduled, observedGeneration: 2, updatedNumberScheduled: 2, numberAvailable: 2 };
      await client.patch(daemonSetKind, inSystem(name), { status }, { subresource: 'status' });
    }
    await awaitFeature(client, signal);
  });

  test('the worker-agent writes the status of its own node, and of no other', async () => {
    for (const name of ['n1', 'n2']) await createWorker(name, { cniChained: true });
    const status = { publicKey };
    const patch = async (name: string): Promise<unknown> =>
      worker.patch(egressWorkerKind, inSystem(name), { status }, { ...write, subresource: 'status' });
    await awaitRefusal('refusal of a foreign status', () => patch('n2'));
    await assert.rejects(patch('n2'), /the worker-agent of node n1 may write the objects of its own node only/);
    await patch('n1');
    assert.equal((await client.get(egressWorkerKind, inSystem('n1'))).status?.publicKey, publicKey);
  });

  test('the worker-agent has no way to give itself a label', async () => {
    const spec = { labelBlock: '100.64.4.0/22' };
    await assert.rejects(worker.patch(egressWorkerKind, inSystem('n1'), { spec }, write), (error) => isError(error, 'Forbidden'));
    await assert.rejects(worker.delete(egressWorkerKind, inSystem('n1')), (error) => isError(error, 'Forbidden'));
    const { metadata } = await client.get(egressWorkerKind, inSystem('n1'));
    assert.equal(metadata.generation, 1);
  });

  test('the worker-agent makes, changes and deletes the endpoints of pods of its own node only', async () => {
    const endpoint = (name: string, nodeName: string): PodEndpoint => ({
      metadata: { namespace: 'default', name },
      spec: { staticGatewayConfiguration: 's', podUid: '11111111-1111-4111-8111-111111111111', nodeName },
    });
    const key = { namespace: 'default', name: 'foreign' };
    await client.create(podEndpointKind, endpoint('foreign', 'n2'));
    await worker.create(podEndpointKind, endpoint('own', 'n1'));
    const refused = (error: unknown): boolean => isError(error, 'Forbidden');
    await assert.rejects(worker.create(podEndpointKind, endpoint('new', 'n2')), refused);
    await assert.rejects(worker.patch(podEndpointKind, key, { spec: { nodeName: 'n1' } }), refused);
    await assert.rejects(worker.delete(podEndpointKind, key), refused);
    await assert.rejects(worker.patch(podEndpointKind, { ...key, name: 'own' }, { spec: { nodeName: 'n2' } }), refused);
    await worker.delete(podEndpointKind, { ...key, name: 'own' });
  });

  test("an agent renews its own lease, and takes nobody else's", async () => {
    const refused = (error: unknown): boolean => isError(error, 'Forbidden');
    await worker.create(leaseKind, { metadata: inSystem('worker-n1') });
    for (const name of ['worker-n2', 'segw-operator', 'gateway-n1'])
      await assert.rejects(worker.create(leaseKind, { metadata: inSystem(name) }), refused, name);
    await gateway.create(leaseKind, { metadata: inSystem('gateway-n1') });
    await assert.rejects(gateway.patch(leaseKind, inSystem('worker-n1'), { spec: { holderIdentity: 'me' } }), refused);
  });

  test('the gateway-agent writes the status of its own node, and of no other', async () => {
    for (const [name, number] of [
      ['n1', 1],
      ['n2', 2],
    ] as const)
      await client.create(gatewayStatusKind, { metadata: inSystem(name), spec: { number } });
    const patch = async (name: string): Promise<unknown> =>
      gateway.patch(gatewayStatusKind, inSystem(name), { status: { publicKey } }, { ...write, subresource: 'status' });
    await patch('n1');
    await assert.rejects(patch('n2'), /the gateway-agent of node n1 may write the objects of its own node only/);
    await assert.rejects(
      worker.patch(gatewayStatusKind, inSystem('n1'), { status: { publicKey } }, { ...write, subresource: 'status' }),
    );
  });

  test('a token that no pod has is of no use', async () => {
    const nodeless = await connectAs('segw-worker-agent');
    await assert.rejects(
      nodeless.patch(egressWorkerKind, inSystem('n1'), { status: { publicKey } }, { subresource: 'status' }),
      /the token of the worker-agent names no node/,
    );
  });

  test('a pod with hostNetwork that asks for a gateway is refused, and told what to do', async () => {
    const pod = (name: string, hostNetwork: boolean, annotations: Readonly<Record<string, string>>) => ({
      metadata: { namespace: 'default', name, annotations },
      spec: { hostNetwork, ...container() },
    });
    const annotated = { [podAnnotation]: 's' };
    await awaitRefusal('refusal of the pod', () => client.create(podKind, pod('both', true, annotated)));
    await assert.rejects(client.create(podKind, pod('both', true, annotated)), /Remove hostNetwork, or remove the annotation/);
    await client.create(podKind, pod('host', true, {}));
    await client.create(podKind, pod('annotated', false, annotated));
    const key = { namespace: 'default', name: 'host' };
    await assert.rejects(client.patch(podKind, key, { metadata: { annotations: annotated } }), /Remove hostNetwork/);
    await client.patch(podKind, key, { metadata: { labels: { app: 'a' } } });
  });

  test('where the owner says so, such a pod is let in with a warning', async () => {
    await installFeature(client, await manifestsFor({ hostNetworkPods: 'warn' }), signal);
    const metadata = { namespace: 'default', name: 'warned', annotations: { [podAnnotation]: 's' } };
    await pollUntil(
      'the pod is let in',
      () => client.create(podKind, { metadata, spec: { hostNetwork: true, ...container() } }).catch(() => undefined),
      { timeoutMs: 30_000 },
    );
    await client.patch(podKind, metadata, { metadata: { labels: { app: 'a' } } });
  });

  test('an annotation that does not say how connections are spread is refused', async () => {
    const spread = (value: string | null) => ({ metadata: { annotations: { [spreadAnnotation]: value } } });
    const key = { namespace: 'default', name: 'spread' };
    const spec = { gatewayNodepoolName: 'gw', provisionPublicIps: true, defaultRoute: 'staticEgressGateway' } as const;
    await client.create(staticGatewayConfigurationKind, { metadata: key, spec });
    await awaitRefusal('refusal of the value', () => client.patch(staticGatewayConfigurationKind, key, spread('perPacket')));
    await assert.rejects(client.patch(staticGatewayConfigurationKind, key, spread('')), /must be perPod or perConnection/);
    for (const value of ['perConnection', 'perPod', null]) await client.patch(staticGatewayConfigurationKind, key, spread(value));
    await client.delete(staticGatewayConfigurationKind, key);
  });

  test("another product's kinds of our names are not taken over", async () => {
    const name = 'podendpoints.egressgateway.kubernetes.azure.com';
    await client.patch(definitionKind, { name }, { metadata: { labels: { 'app.kubernetes.io/part-of': 'another' } } });
    await assert.rejects(
      async () => installFeature(client, await manifestsFor(), signal),
      (error) => isError(error, 'ForeignDefinitions'),
    );
    await client.patch(
      definitionKind,
      { name },
      { metadata: { labels: { 'app.kubernetes.io/part-of': 'static-egress-gateway' } } },
    );
  });

  describe('when it is removed', () => {
    const sgc = { namespace: 'default', name: 'sgc' };

    async function featureData(): Promise<Readonly<Record<string, string>>> {
      return (await client.get(configMapKind, featureConfigMap)).data ?? {};
    }

    /** Does what the operator does: sees the state, releases, says so. */
    async function playOperator(): Promise<void> {
      await pollUntil('removing', async () => ((await featureData())['state'] === 'removing' ? true : undefined), {
        timeoutMs: 10_000,
      });
      await client.patch(staticGatewayConfigurationKind, sgc, { metadata: { finalizers: [] } });
      await client.patch(configMapKind, featureConfigMap, { data: { operator: 'released' } });
    }

    /** Does what the namespace controller does when everything in it is gone. */
    async function playNamespaceController(): Promise<void> {
      const connection = connectByKubeConfig({ source: { text: server.kubeConfig }, userAgent: 'test' });
      const path = `/api/v1/namespaces/${systemNamespace}`;
      await pollUntil(
        'deletion of the namespace',
        async () => {
          const response = await connection.send({ method: 'GET', path });
          const text = await response.body.text();
          const found: KubeObject & { spec?: object } = JSON.parse(text);
          if (found.metadata.deletionTimestamp === undefined) return undefined;
          const body = { ...found, spec: { finalizers: [] } };
          const reply = await connection.send({ method: 'PUT', path: `${path}/finalize`, contentType: 'application/json', body });
          await reply.body.text();
          return true;
        },
        { timeoutMs: 30_000 },
      );
      await connection.close();
    }

    test('the operator releases and the agents unchain first; then only agents with attached pods are left', async () => {
      await client.create(staticGatewayConfigurationKind, {
        metadata: { ...sgc, finalizers: [cloudResourcesFinalizer] },
        spec: { gatewayNodepoolName: 'gw', provisionPublicIps: true, defaultRoute: 'staticEgressGateway' },
      });
      const removal = removeFeature(client, await readManifests(), signal);
      await playOperator();
      assert.ok(await client.find(deploymentKind, inSystem('segw-operator')), 'agents have not unchained yet');
      await createWorker('n1', { cniChained: false, wanted: [{ ...sgc, pods: 1 }] });
      await createWorker('n2', { cniChained: false, wanted: [] });
      assert.ok(await client.find(deploymentKind, inSystem('segw-operator')), 'the agents have not left their nodes yet');
      await createWorker('n2', { cniChained: false, wanted: [], reason: nodeLeft });
      for (const name of ['n1', 'n2'])
        await client.patch(gatewayStatusKind, inSystem(name), { status: { reason: nodeLeft } }, { subresource: 'status' });
      assert.deepEqual(await removal, { nodesWithAgent: ['n1'] });
      for (const name of ['segw-gateway-agent', 'segw-tunnel-host'])
        assert.equal(await client.find(daemonSetKind, inSystem(name)), undefined);
      assert.equal(await client.find(deploymentKind, inSystem('segw-operator')), undefined);
      const agents = await client.get(daemonSetKind, inSystem('segw-worker-agent'));
      assert.equal(agents.spec?.updateStrategy?.type, 'OnDelete');
      assert.match(JSON.stringify(agents.spec?.template?.spec?.affinity), /"metadata.name","operator":"In","values":\["n1"\]/);
    });

    test('the agent that is left may still write', async () => {
      await worker.patch(egressWorkerKind, inSystem('n1'), { status: { reason: 'Leaving' } }, { subresource: 'status' });
    });

    test('enabling it again widens the agents to every node', async () => {
      await installFeature(client, await manifestsFor(), signal);
      const agents = await client.get(daemonSetKind, inSystem('segw-worker-agent'));
      assert.equal(agents.spec?.template?.spec?.affinity, undefined);
      assert.equal(agents.spec?.updateStrategy?.type, 'RollingUpdate');
      assert.deepEqual(await featureData(), { state: 'enabled' });
    });

    test('a node that is down keeps its agent and is not waited for', async () => {
      const status = { conditions: [{ type: 'Ready', status: 'False' }] };
      await client.patch(nodeKind, { name: 'n2' }, { status }, { subresource: 'status' });
      await client.delete(egressWorkerKind, inSystem('n2'));
      await createWorker('n2', { cniChained: true });
      const removal = removeFeature(client, await readManifests(), signal);
      await playOperator();
      assert.deepEqual(await removal, { nodesWithAgent: ['n1', 'n2'] });
    });

    test('with the last attached pod everything goes, and removing again finds nothing', async () => {
      await createWorker('n1', { cniChained: false, wanted: [], reason: nodeLeft });
      await client.delete(egressWorkerKind, inSystem('n2'));
      const manifests = await manifestsFor();
      const [removal] = await Promise.all([removeFeature(client, manifests, signal), playNamespaceController()]);
      assert.deepEqual(removal, { nodesWithAgent: [] });
      for (const object of [...manifests.definitions, ...manifests.objects])
        assert.equal(await client.find(kindOf(object), keyOf(object)), undefined, `${object.kind} ${object.metadata.name}`);
      assert.deepEqual(await removeFeature(client, manifests, signal), { nodesWithAgent: [] });
    });
  });
});
