import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { podAnnotation, systemNamespace } from '../../src/api/names.ts';
import { cidrContains, parseCidr } from '../../src/base/addresses.ts';
import { run } from '../../src/base/exec.ts';
import { pollUntil } from '../../src/base/poll.ts';
import { podNamespacePath } from '../../src/cli/bench/traffic/pod-namespace.ts';
import { toolsPod } from '../../src/cli/demo/tools-pod.ts';
import { regionEnvironment } from '../../src/cli/region-environment.ts';
import { startConfiguration } from '../support/egress-configuration.ts';
import { applyManifest, kubectl, kubectlJson, settings } from '../support/installation.ts';
import { fetchFromInternet } from '../support/internet-client.ts';
import { readInternetCounters } from '../support/internet-counters.ts';
import { runOnMachine } from '../support/machine-shell.ts';
import { execInPod, startToolsPod } from '../support/tools-pod.ts';
import { awaitDataplane } from '../support/traffic-path.ts';
import { startWebPod, webPort } from '../support/web-pod.ts';

const namespace = 'services';
const annotations = { [podAnnotation]: 'fixed' };
const internet = '192.0.2.10';
/** Of the internet host: every client has an echo and a generator for itself. */
const echoPort = '20160';
const generatorPort = '30160';
const hostPort = 18_080;
const localDns = '169.254.20.10';
/** An interface of 1,500 bytes less the tunnel's headers, and less those of IP and ICMP, of IP and TCP, of TCP's timestamps. */
const tunnelMtu = 1420;
const largestPing = tunnelMtu - 28;
const segment = tunnelMtu - 40 - 12;

interface Node {
  readonly name: string;
  readonly address: string;
}

let prefix = parseCidr('0.0.0.0/0', 'prefix');
let home: Node = { name: '', address: '' };
let other = home;
let gateway = home;

before(async () => {
  prefix = await startConfiguration(namespace);
  [home, other] = await nodesOf('nodepool1');
  [gateway] = await nodesOf('gwpool');
  await startWebPod({ name: 'web', namespace, nodeName: home.name, annotations, hostPort });
  const front = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'front', namespace } };
  const ports = [{ port: 80, targetPort: webPort }];
  await applyManifest(JSON.stringify({ ...front, spec: { type: 'LoadBalancer', selector: { app: 'web' }, ports } }));
  await Promise.all([
    startToolsPod({ name: 'neighbour', namespace, nodeName: home.name }),
    startWebPod({ name: 'far', namespace, nodeName: other.name, annotations }),
    startWebPod({ name: 'edge', namespace, nodeName: gateway.name }),
  ]);
});

after(async () => {
  await runOnMachine(home.name, `ip address delete ${localDns}/32 dev lo || true; kill $(cat /run/segw-test-dns.pid) || true`);
  await kubectl('delete', 'namespace', namespace, '--timeout=90s');
  const { untranslated } = await readInternetCounters();
  assert.equal(untranslated, 0, 'no packet reached the internet with a private source');
});

describe('an annotated pod is reached', () => {
  test('by the cluster address of its service, from either node, from a gateway node, and by itself', async () => {
    const address = await kubectl('get', '-n', namespace, 'service/front', '--output', 'jsonpath={.spec.clusterIP}');
    for (const name of ['neighbour', 'far', 'edge', 'web'])
      assert.match(await pollUntil(`an answer for ${name}`, () => ask(name, `http://${address}/`), patience), /^10\./);
  });

  test('by the node port of every node', async () => {
    for (const from of [home, other, gateway])
      for (const to of [home, other, gateway]) assert.match(await fetchFrom(from, to.address, await nodePort()), /^10\./);
  });

  test('by the host port of its node', async () => {
    assert.equal(await fetchFrom(other, home.address, hostPort), other.address);
  });

  test("by the region's load balancer, from the internet", async () => {
    assert.match(await answerToInternet(), /^10\./);
  });

  test('with externalTrafficPolicy Local: by the node port of its node alone, and it sees the client itself', async () => {
    const patch = JSON.stringify({ spec: { externalTrafficPolicy: 'Local' } });
    await kubectl('patch', '-n', namespace, 'service/front', '--patch', patch);
    const port = await nodePort();
    await pollUntil(
      'the address of the client',
      async () => ((await fetchFrom(other, home.address, port).catch(() => '')) === other.address ? true : undefined),
      patience,
    );
    await assert.rejects(fetchFrom(home, gateway.address, port));
    await pollUntil(
      'the address of the internet host',
      async () => ((await answerToInternet()) === internet ? true : undefined),
      patience,
    );
  });

  test('by kubectl exec, logs and port-forward', async () => {
    assert.equal(await execInPod({ name: 'web', namespace }, 'echo', 'hello'), 'hello');
    assert.match(await kubectl('logs', '-n', namespace, 'web', '--container', 'web'), new RegExp(`^${internet}$`, 'm'));
    assert.equal(await fetchForwarded('web'), '127.0.0.1');
  });

  test('by the kubelet: after all that, no probe of any kind has ever failed', async () => {
    const pod = z.object({
      status: z.object({
        containerStatuses: z.array(z.object({ ready: z.boolean(), restartCount: z.number() })),
      }),
    });
    const { status } = pod.parse(await kubectlJson('get', 'pod', '-n', namespace, 'web'));
    assert.deepEqual(status.containerStatuses, [
      { ready: true, restartCount: 0 },
      { ready: true, restartCount: 0 },
    ]);
    const failed = 'involvedObject.name=web,reason=Unhealthy';
    const lines = 'jsonpath={range .items[*]}{.message}{"\\n"}{end}';
    const messages = await kubectl('get', 'events', '-n', namespace, '--field-selector', failed, '--output', lines);
    // Before the server listens, its start is waited for.
    assert.deepEqual(
      messages.split('\n').filter((message) => message !== '' && !message.startsWith('Startup probe')),
      [],
    );
  });
});

describe('an annotated pod reaches', () => {
  test('pods of its node, of another node and of a gateway node, at their own addresses and by its own', async () => {
    const own = await addressOf('web');
    for (const name of ['web', 'far', 'edge'])
      assert.equal(await ask('web', `http://${await addressOf(name)}:${String(webPort)}/`), own, name);
    await execInPod({ name: 'web', namespace }, 'ping', '-c', '1', '-W', '2', await addressOf('neighbour'));
  });

  test('a node-local DNS cache at its link-local address', async () => {
    await runOnMachine(
      home.name,
      `ip address add ${localDns}/32 dev lo
       setsid socat UDP4-LISTEN:53,bind=${localDns},fork UDP4:10.0.0.10:53 >/dev/null 2>&1 </dev/null &
       echo $! >/run/segw-test-dns.pid`,
    );
    const name = 'kubernetes.default.svc.cluster.local';
    assert.equal(await execInPod({ name: 'web', namespace }, 'dig', '+short', `@${localDns}`, name), '10.0.0.1');
  });

  test('the internet host by ping', async () => {
    assert.match(await ping('-c', '2', '-i', '0.2'), / 0% packet loss/);
  });
});

test('a pod of a gateway node leaves as any other pod of the cluster', async () => {
  assert.match((await ask('edge', 'http://ifconfig.me/')) ?? '', /^198\.51\.100\.\d+$/);
});

describe('the path through the tunnel is narrower than the link', () => {
  test('a packet that just fits passes, and one byte more is answered with the MTU of the path', async () => {
    assert.match(await ping('-M', 'do', '-c', '1', '-s', String(largestPing)), / 0% packet loss/);
    assert.match(await ping('-M', 'do', '-c', '1', '-s', String(largestPing + 1)), new RegExp(`mtu ?= ?${String(tunnelMtu)}`));
  });

  test('the internet host learns it, too: what it sends with the full MTU of its link arrives after the first packet', async () => {
    const answered = /(?<count>\d+) received/.exec(await ping('-M', 'dont', '-c', '4', '-i', '0.2', '-s', '1472'));
    assert.ok(Number(answered?.groups?.['count']) >= 3, 'one was lost to learn it');
  });

  test('datagrams larger than it arrive in both directions', async () => {
    for (const size of ['1473', '8000']) {
      const script = `head -c ${size} /dev/zero | nc -u -w 1 ${internet} ${echoPort} | wc -c`;
      assert.equal(await execInPod({ name: 'web', namespace }, 'sh', '-c', script), size);
    }
  });

  test('TCP segments are made to fit at both ends', async () => {
    const uid = await kubectl('get', 'pod', '-n', namespace, 'web', '--output', 'jsonpath={.metadata.uid}');
    const connection = execInPod({ name: 'web', namespace }, 'timeout', '3', 'nc', internet, generatorPort).catch(() => '');
    const inPod = ['nsenter', `--net=${await podNamespacePath(uid)}`, 'ss', '-tinH', 'dport', '=', `:${generatorPort}`];
    const mss = /\bmss:(?<mss>\d+)/;
    const atPod = await pollUntil(
      'the connection',
      async () => mss.exec(await run('sh', ['-c', inPod.join(' ')])) ?? undefined,
      patience,
    );
    const atServer = mss.exec(await runOnMachine('internet', `ss -tinH 'sport = :19'`));
    await connection;
    assert.deepEqual([atPod.groups?.['mss'], atServer?.groups?.['mss']], [String(segment), String(segment)]);
  });
});

describe('while every process of ours is stopped', () => {
  const daemonSets = ['segw-worker-agent', 'segw-gateway-agent', 'segw-tunnel-host'];
  const ours = ['--namespace', systemNamespace];

  before(async () => {
    await Promise.all([
      kubectl('scale', ...ours, 'deployment/segw-operator', '--replicas=0'),
      ...daemonSets.map((name) =>
        kubectl('patch', ...ours, `daemonset/${name}`, '--patch', selector({ 'segw-test': 'nowhere' })),
      ),
    ]);
    await kubectl('delete', 'pod', ...ours, '--all', '--grace-period=1', '--timeout=60s');
    for (const { name } of [home, other]) await runOnMachine(name, 'rm -f /run/segw/cni.sock');
  });

  after(async () => {
    await Promise.all([
      kubectl('scale', ...ours, 'deployment/segw-operator', '--replicas=1'),
      ...daemonSets.map((name) => kubectl('patch', ...ours, `daemonset/${name}`, '--patch', selector({ 'segw-test': null }))),
    ]);
    const nodes = await kubectl('get', 'nodes', '--output', 'name');
    const onEveryNode = `--for=jsonpath={.status.numberReady}=${String(nodes.split('\n').length)}`;
    await kubectl('wait', ...ours, 'daemonset/segw-worker-agent', 'daemonset/segw-tunnel-host', onEveryNode, '--timeout=90s');
    await awaitDataplane();
  });

  test('a pod without the annotation works, and another one starts, leaves, is reached and ends', async () => {
    assert.match((await ask('neighbour', 'http://ifconfig.me/')) ?? '', /^198\.51\.100\.\d+$/);
    await startWebPod({ name: 'newcomer', namespace, nodeName: home.name });
    assert.match((await ask('newcomer', 'http://ifconfig.me/')) ?? '', /^198\.51\.100\.\d+$/);
    const address = await addressOf('newcomer');
    assert.ok(await ask('neighbour', `http://${address}:${String(webPort)}/`));
    await kubectl('delete', 'pod', '-n', namespace, 'newcomer', '--timeout=30s');
  });

  test('an annotated pod stays reachable, and what it sends does not leave by another address', async () => {
    assert.ok(await ask('neighbour', `http://${await addressOf('web')}:${String(webPort)}/`));
    const answer = await ask('web', 'http://ifconfig.me/');
    assert.ok(answer === undefined || cidrContains(prefix, answer), `it left as ${String(answer)}`);
  });

  test('a pod with the annotation does not start, its event says why, and it starts when they are back', async () => {
    await applyManifest(JSON.stringify(toolsPod({ name: 'patient', namespace, nodeName: home.name, annotations })));
    const refused = ['--field-selector', 'involvedObject.name=patient,reason=FailedCreatePodSandBox'];
    const message = await pollUntil(
      'an event of the pod',
      async () => {
        const text = await kubectl('get', 'events', '-n', namespace, ...refused, '--output', 'jsonpath={.items[*].message}');
        return text === '' ? undefined : text;
      },
      patience,
    );
    assert.match(message, /worker-agent/);
  });
});

test('when they are back, all annotated pods leave by the prefix, the one that waited too', async () => {
  await kubectl('wait', '-n', namespace, 'pod/patient', '--for=condition=Ready', '--timeout=90s');
  for (const name of ['web', 'far', 'patient']) {
    const answer = await pollUntil(`an answer for ${name}`, () => ask(name, 'http://ifconfig.me/'), patience);
    assert.ok(cidrContains(prefix, answer), `${name} left as ${answer}`);
  }
});

const patience = { timeoutMs: 60_000, intervalMs: 300 };

async function nodesOf(pool: string): Promise<[Node, Node]> {
  const output = 'jsonpath={range .items[*]}{.metadata.name} {.status.addresses[?(@.type=="InternalIP")].address}{"\\n"}{end}';
  const text = await kubectl('get', 'nodes', '--selector', `kubernetes.azure.com/agentpool=${pool}`, '--output', output);
  const [first, second] = text.trim().split('\n').map(toNode);
  assert.ok(first && second, `two nodes in ${pool}`);
  return [first, second];
}

function toNode(line: string): Node {
  const [name = '', address = ''] = line.split(' ');
  return { name, address };
}

async function addressOf(pod: string): Promise<string> {
  return kubectl('get', 'pod', '-n', namespace, pod, '--output', 'jsonpath={.status.podIP}');
}

async function nodePort(): Promise<number> {
  return Number(await kubectl('get', '-n', namespace, 'service/front', '--output', 'jsonpath={.spec.ports[0].nodePort}'));
}

/** What the server says to a pod; undefined when nobody answers in three seconds. */
async function ask(pod: string, url: string): Promise<string | undefined> {
  return execInPod({ name: pod, namespace }, 'curl', '--silent', '--fail', '--max-time', '3', url).catch(() => undefined);
}

async function fetchFrom(node: Node, address: string, port: number): Promise<string> {
  return runOnMachine(node.name, `curl --silent --fail --max-time 3 http://${address}:${String(port)}/`);
}

async function answerToInternet(): Promise<string> {
  const output = 'jsonpath={.status.loadBalancer.ingress[0].ip}';
  const address = await kubectl('get', '-n', namespace, 'service/front', '--output', output);
  return pollUntil(
    'the service answers the internet',
    async () => fetchFromInternet({ address, port: 80 }).catch(() => undefined),
    patience,
  );
}

async function ping(...options: readonly string[]): Promise<string> {
  const command = `ping -W 2 ${options.join(' ')} ${internet} 2>&1 || true`;
  return execInPod({ name: 'web', namespace }, 'sh', '-c', command);
}

async function fetchForwarded(pod: string): Promise<string> {
  const end = new AbortController();
  const { promise: firstLine, resolve, reject } = Promise.withResolvers<string>();
  const command = ['port-forward', '--namespace', namespace, `pod/${pod}`, `:${String(webPort)}`];
  const env = await regionEnvironment(settings, process.env['PATH'] ?? '');
  const forward = run('kubectl', command, { env, signal: end.signal, onLine: resolve }).catch(reject);
  try {
    const port = /127\.0\.0\.1:(\d+)/.exec(await firstLine)?.[1] ?? '';
    return await (await fetch(`http://127.0.0.1:${port}/`)).text();
  } finally {
    end.abort();
    await forward;
  }
}

function selector(labels: Readonly<Record<string, string | null>>): string {
  return JSON.stringify({ spec: { template: { spec: { nodeSelector: labels } } } });
}
