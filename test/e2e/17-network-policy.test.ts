import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { podAnnotation } from '../../src/api/names.ts';
import { type Cidr, cidrContains, parseCidr } from '../../src/base/addresses.ts';
import { pollUntil } from '../../src/base/poll.ts';
import { startConfiguration } from '../support/egress-configuration.ts';
import { applyManifest, kubectl } from '../support/installation.ts';
import { readInternetCounters } from '../support/internet-counters.ts';
import { runOnMachine } from '../support/machine-shell.ts';
import { startPolicyEngine, stopPolicyEngine } from '../support/policy-engine.ts';
import { execInPod, startToolsPod } from '../support/tools-pod.ts';
import { startWebPod, webPort } from '../support/web-pod.ts';

const namespace = 'policies';
const annotations = { [podAnnotation]: 'fixed' };
const internet = '192.0.2.10';
/** Echoes of the internet host that nobody else asks. */
const allowedPort = 20_171;
const forbiddenPort = 20_172;
const patience = { timeoutMs: 30_000, intervalMs: 200 };

let prefix: Cidr = parseCidr('0.0.0.0/0', 'prefix');
let home = '';
let address = '';

before(async () => {
  prefix = await startConfiguration(namespace);
  const workers = ['--selector', 'kubernetes.azure.com/agentpool=nodepool1', '--output', 'jsonpath={.items[*].metadata.name}'];
  const [first = '', other = ''] = (await kubectl('get', 'nodes', ...workers)).split(' ');
  home = first;
  await Promise.all([
    startToolsPod({ name: 'client', namespace, annotations, nodeName: home }),
    startWebPod({ name: 'web', namespace, annotations, nodeName: home }),
    startToolsPod({ name: 'friend', namespace, nodeName: other }),
    startToolsPod({ name: 'stranger', namespace, nodeName: other }),
  ]);
  address = await addressOf('client');
});

after(async () => {
  await kubectl('delete', 'namespace', namespace, '--timeout=90s');
  const { untranslated } = await readInternetCounters();
  assert.equal(untranslated, 0, 'no packet reached the internet with a private source');
});

describe('an engine that judges the first packet of each connection (kube-network-policies)', () => {
  before(async () => startPolicyEngine(home));
  after(async () => stopPolicyEngine(home));

  test('lets an annotated pod go where a policy of egress allows it, with an address of the prefix, and nowhere else', async () => {
    for (const port of [allowedPort, forbiddenPort]) assert.ok(await reaches(port), 'without a policy both ports answer');
    const ipBlock = { cidr: `${internet}/32` };
    const ports = ['TCP', 'UDP'].map((protocol) => ({ protocol, port: allowedPort }));
    await applyPolicy('egress', { podSelector: { matchLabels: { app: 'client' } }, egress: [{ to: [{ ipBlock }], ports }] });

    await pollUntil('the policy holds', async () => ((await reaches(forbiddenPort)) ? undefined : true), patience);
    const arrived = await arrivalsAt(forbiddenPort);
    for (const options of [[], ['-u']]) await connect(forbiddenPort, options);
    assert.deepEqual(await arrivalsAt(forbiddenPort), arrived, 'nothing of it arrives');

    assert.ok(await reaches(allowedPort));
    const sources = [...(await arrivalsAt(allowedPort)).keys()];
    assert.ok(sources.length > 0);
    for (const source of sources) assert.ok(cidrContains(prefix, source), `${source} is in the prefix`);
    await kubectl('delete', 'networkpolicy', '--namespace', namespace, 'egress');
    await pollUntil('without the policy it answers again', async () => (await reaches(forbiddenPort)) || undefined, patience);
  });

  test('lets those reach an annotated pod whom a policy of ingress allows, and nobody else', async () => {
    assert.ok(await isServed('stranger'), 'without a policy everybody is served');
    const from = [{ podSelector: { matchLabels: { app: 'friend' } } }];
    await applyPolicy('ingress', { podSelector: { matchLabels: { app: 'web' } }, ingress: [{ from }] });
    await pollUntil('the policy holds', async () => ((await isServed('stranger')) ? undefined : true), patience);
    assert.ok(await isServed('friend'));
  });
});

describe('rules that drop what an annotated pod sends, where engines write them', () => {
  const hooks = [
    ['Calico, kube-router: the forward hook of iptables', 'forward priority filter'],
    ['the security table', 'forward priority security'],
    ['kindnet, kube-network-policies: before the translation of sources', 'postrouting priority srcnat - 5'],
  ] as const;

  for (const [index, [who, hook]] of hooks.entries()) {
    test(`hold, and see the pod's own address (${who})`, async () => {
      const port = forbiddenPort + 1 + index;
      const table = `table ip segw_test_policy {
  chain engine { type filter hook ${hook}; policy accept; ip saddr ${address} ip daddr ${internet} th dport ${String(port)} drop; }
}`;
      await runOnMachine(home, `nft '${table}'`);
      try {
        for (const options of [[], ['-u']]) await connect(port, options);
        assert.equal((await arrivalsAt(port)).size, 0, 'nothing of it arrives');
        assert.ok(await reaches(allowedPort));
      } finally {
        await runOnMachine(home, 'nft delete table ip segw_test_policy');
      }
    });
  }
});

async function addressOf(pod: string): Promise<string> {
  return kubectl('get', 'pod', '--namespace', namespace, pod, '--output', 'jsonpath={.status.podIP}');
}

/** Whether a new TCP connection of the client is answered within a second. */
async function reaches(port: number): Promise<boolean> {
  return (await connect(port, [])) === '?';
}

async function connect(port: number, options: readonly string[]): Promise<string> {
  const ask = `echo '?' | nc -w 1 ${options.join(' ')} ${internet} ${String(port)} || true`;
  return execInPod({ name: 'client', namespace }, 'sh', '-c', ask);
}

async function isServed(pod: string): Promise<boolean> {
  const url = `http://${await addressOf('web')}:${String(webPort)}/`;
  const answer = execInPod({ name: pod, namespace }, 'curl', '--silent', '--fail', '--max-time', '1', url);
  return answer.then(
    () => true,
    () => false,
  );
}

async function arrivalsAt(port: number): Promise<ReadonlyMap<string, number>> {
  return (await readInternetCounters()).sourcesOf(port);
}

async function applyPolicy(name: 'egress' | 'ingress', spec: object): Promise<void> {
  const policyTypes = [name === 'egress' ? 'Egress' : 'Ingress'];
  const policy = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, namespace } };
  await applyManifest(JSON.stringify({ ...policy, spec: { policyTypes, ...spec } }));
}
