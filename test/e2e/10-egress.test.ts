import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cidrContains, parseCidr } from '../../src/base/addresses.ts';
import { pollUntil } from '../../src/base/poll.ts';
import { podAnnotation } from '../../src/api/names.ts';
import { toolsPod } from '../../src/cli/demo/tools-pod.ts';
import { azureClients } from '../support/azure.ts';
import { applyManifest, kubectl, segw } from '../support/installation.ts';
import { readInternetCounters } from '../support/internet-counters.ts';
import { execInPod, fetchStatusInPod, startToolsPod } from '../support/tools-pod.ts';

/** Each client talks to a port of its own, so that the internet host knows whose packets it sees. Nobody listens there. */
const ports = { annotated: 4001, plain: 4002 } as const;
const nodeGroup = 'MC_segw_segw_local';
const namespace = 'web';
const annotations = { [podAnnotation]: 'fixed' };
const internet = '192.0.2.10';

let prefix = parseCidr('0.0.0.0/0', 'prefix');

before(async () => {
  await segw('up', '--enable-static-egress-gateway');
  await segw('aks', 'nodepool', 'add', ...pool, '--mode', 'gateway', '--node-count', '2', '--gateway-prefix-size', '31');
  await applyManifest(`apiVersion: v1
kind: Namespace
metadata: { name: ${namespace} }
---
apiVersion: v1
kind: Namespace
metadata: { name: elsewhere }
---
apiVersion: egressgateway.kubernetes.azure.com/v1alpha1
kind: StaticGatewayConfiguration
metadata: { name: fixed, namespace: ${namespace} }
spec:
  gatewayNodepoolName: gwpool
  excludeCidrs: [192.0.2.128/25]
`);
  await kubectl('wait', '--namespace', namespace, '--for=condition=Ready', 'sgc/fixed', '--timeout=60s');
  prefix = parseCidr(
    await kubectl('get', '--namespace', namespace, 'sgc/fixed', '--output', 'jsonpath={.status.egressIpPrefix}'),
    'status.egressIpPrefix',
  );
});

after(async () => {
  const { untranslated } = await readInternetCounters();
  assert.equal(untranslated, 0, 'no packet reached the internet with a private source');
});

const pool = ['-g', 'segw', '--cluster-name', 'segw', '-n', 'gwpool'];

test('every packet of an annotated pod has a source in the prefix, from its first SYN on', async () => {
  await runClient({ name: 'first-syn', port: ports.annotated, annotated: true });
  const sources = (await readInternetCounters()).sourcesOf(ports.annotated);
  assert.ok([...sources.values()].reduce((sum, packets) => sum + packets, 0) >= 20, 'its connections arrived');
  for (const source of sources.keys()) assert.ok(cidrContains(prefix, source), `${source} is in the prefix`);
});

test('every packet of a plain pod has the outbound address of the cluster', async () => {
  await runClient({ name: 'plain-syn', port: ports.plain, annotated: false });
  const sources = [...(await readInternetCounters()).sourcesOf(ports.plain).keys()];
  assert.equal(sources.length, 1);
  assert.match(sources[0] ?? '', /^198\.51\.100\.\d+$/);
});

test('pods spread over the gateways, and each one keeps its address', async () => {
  const names = Array.from({ length: 8 }, (_, index) => `spread-${String(index)}`);
  await Promise.all(names.map((name) => startToolsPod({ name, namespace, annotations })));
  const addresses = await Promise.all(names.map((name) => askAddress(name)));
  assert.deepEqual(await Promise.all(names.map((name) => askAddress(name))), addresses);
  assert.equal(new Set(addresses).size, 2, 'both gateways are used');
  for (const address of addresses) assert.ok(cidrContains(prefix, address));
  await kubectl('delete', 'pod', '--namespace', namespace, ...names, '--wait=false');
});

test('a pod of another namespace with the same annotation does not start, and its event says why', async () => {
  await applyManifest(JSON.stringify(toolsPod({ name: 'stranger', namespace: 'elsewhere', annotations })));
  const event = await pollUntil(
    'an event of the pod',
    async (note) => {
      const events = await kubectl(
        'get',
        'events',
        '--namespace',
        'elsewhere',
        '--field-selector',
        'involvedObject.name=stranger,reason=FailedCreatePodSandBox',
        '--output',
        'jsonpath={.items[*].message}',
      );
      note(events);
      return events === '' ? undefined : events;
    },
    { timeoutMs: 60_000, intervalMs: 500 },
  );
  assert.match(event, /elsewhere/);
  assert.match(event, /StaticGatewayConfiguration/);
  assert.equal(
    await kubectl('get', 'pod', '--namespace', 'elsewhere', 'stranger', '--output', 'jsonpath={.status.phase}'),
    'Pending',
  );
  await kubectl('delete', 'pod', '--namespace', 'elsewhere', 'stranger', '--wait=false');
});

test('hostNetwork together with the annotation is refused at admission', async () => {
  const pod = toolsPod({ name: 'host', namespace, annotations });
  await assert.rejects(applyManifest(JSON.stringify({ ...pod, spec: { ...pod.spec, hostNetwork: true } })), /hostNetwork/);
});

test('an annotated pod is reached through its service and from other pods, and answers the way they came', async () => {
  await startToolsPod({
    name: 'server',
    namespace,
    annotations,
    command: ['sh', '-c', 'while :; do printf "HTTP/1.0 200 OK\\r\\n\\r\\nhello" | nc -l -N -p 8080; done'],
  });
  await startToolsPod({ name: 'caller', namespace });
  await kubectl('expose', 'pod', '--namespace', namespace, 'server', '--port', '80', '--target-port', '8080');
  const address = await kubectl('get', 'pod', '--namespace', namespace, 'server', '--output', 'jsonpath={.status.podIP}');
  assert.equal(await fetchIn('caller', `http://${address}:8080/`), 'hello');
  // A new service takes kube-proxy a moment.
  await pollUntil(
    'the service answers',
    async () => ((await fetchIn('caller', 'http://server/').catch(() => '')) === 'hello' ? true : undefined),
    {
      timeoutMs: 20_000,
    },
  );
});

test('DNS, the API server and other pods stay inside the cluster', async () => {
  assert.match(
    await execInPod({ name: 'server', namespace }, 'dig', '+short', 'kubernetes.default.svc.cluster.local'),
    /^10\.0\.0\.1$/,
  );
  const code = await fetchStatusInPod({ name: 'server', namespace }, 'https://kubernetes.default/healthz');
  assert.equal(code, '200');
  const other = await kubectl('get', 'pod', '--namespace', namespace, 'caller', '--output', 'jsonpath={.status.podIP}');
  await execInPod({ name: 'server', namespace }, 'ping', '-c', '1', '-W', '2', other);
});

test('the metadata service tells an annotated pod on which node it is', async () => {
  const url = 'http://169.254.169.254/metadata/instance/compute/osProfile/computerName?api-version=2021-10-01&format=text';
  const node = await kubectl('get', 'pod', '--namespace', namespace, 'server', '--output', 'jsonpath={.spec.nodeName}');
  assert.equal(await execInPod({ name: 'server', namespace }, 'curl', '--silent', '--header', 'Metadata: true', url), node);
});

test('destinations of excludeCidrs leave as those of any other pod', async () => {
  await excludeNetworks([`${internet}/32`]);
  await pollUntil(
    'the change reaches the node',
    async () => ((await askAddress('server')).startsWith('198.51.100.') ? true : undefined),
    { timeoutMs: 30_000 },
  );
  await excludeNetworks([]);
  await pollUntil(
    'the change back reaches the node',
    async () => (cidrContains(prefix, await askAddress('server')) ? true : undefined),
    { timeoutMs: 30_000 },
  );
});

test('a configuration whose pool does not exist says so, and recovers when it names one that does', async () => {
  const manifest = (poolName: string) => `apiVersion: egressgateway.kubernetes.azure.com/v1alpha1
kind: StaticGatewayConfiguration
metadata: { name: lost, namespace: ${namespace} }
spec: { gatewayNodepoolName: ${poolName} }
`;
  await applyManifest(manifest('nopool'));
  const ready = 'jsonpath={.status.conditions[?(@.type=="Ready")].reason}';
  await pollUntil(
    'the condition',
    async () =>
      (await kubectl('get', 'sgc', '--namespace', namespace, 'lost', '--output', ready)) === 'GatewayPoolNotFound'
        ? true
        : undefined,
    {
      timeoutMs: 30_000,
    },
  );
  await kubectl('delete', 'sgc', '--namespace', namespace, 'lost', '--timeout=30s');
});

test('deleting the configuration gives prefix and IP configurations back', async () => {
  await kubectl('delete', 'pod', '--namespace', namespace, '--all', '--timeout=60s');
  await kubectl('delete', 'sgc', '--namespace', namespace, 'fixed', '--timeout=60s');
  const { network, compute } = await azureClients();
  assert.deepEqual(
    (await Array.fromAsync(network.publicIPPrefixes.list(nodeGroup))).map(({ name }) => name),
    [],
  );
  for await (const set of compute.virtualMachineScaleSets.list(nodeGroup)) {
    for await (const instance of compute.virtualMachineScaleSetVMs.list(nodeGroup, set.name ?? '')) {
      const interfaces = instance.networkProfileConfiguration?.networkInterfaceConfigurations ?? [];
      assert.equal(interfaces[0]?.ipConfigurations?.length, 1, `${instance.name ?? ''} has only its primary IP configuration`);
    }
  }
});

interface Client {
  readonly name: string;
  readonly port: number;
  readonly annotated: boolean;
}

/** A pod whose first instruction is to connect outside, twenty times; returns when it has ended. */
async function runClient({ name, port, annotated }: Client): Promise<void> {
  const command = [
    'sh',
    '-c',
    `for n in $(seq 20); do curl --silent --max-time 2 http://${internet}:${String(port)}/; done; exit 0`,
  ];
  const pod = toolsPod({ name, namespace, command, ...(annotated ? { annotations } : {}) });
  await applyManifest(JSON.stringify({ ...pod, spec: { ...pod.spec, restartPolicy: 'Never' } }));
  await kubectl('wait', '--namespace', namespace, '--for=jsonpath={.status.phase}=Succeeded', `pod/${name}`, '--timeout=60s');
}

async function excludeNetworks(excludeCidrs: readonly string[]): Promise<void> {
  const patch = JSON.stringify({ spec: { excludeCidrs } });
  await kubectl('patch', 'sgc', '--namespace', namespace, 'fixed', '--type', 'merge', '--patch', patch);
}

async function askAddress(name: string): Promise<string> {
  return fetchIn(name, 'http://ifconfig.me/');
}

async function fetchIn(name: string, url: string): Promise<string> {
  return execInPod({ name, namespace }, 'curl', '--silent', '--show-error', '--max-time', '5', url);
}
