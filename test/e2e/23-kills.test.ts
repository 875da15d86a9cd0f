import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { podAnnotation, systemNamespace } from '../../src/api/names.ts';
import { type Cidr, cidrContains, parseCidr } from '../../src/base/addresses.ts';
import { hostClockMs } from '../../src/base/host-clock.ts';
import { pollUntil } from '../../src/base/poll.ts';
import { podNamespacePath } from '../../src/cli/bench/traffic/pod-namespace.ts';
import { type TcpFlowKind, tcpFlowKinds, type TrafficReport } from '../../src/cli/bench/traffic/traffic-plan.ts';
import { parseProviderId } from '../../src/cli/demo/gateway-instance.ts';
import { azureClients } from '../support/azure.ts';
import { kubectl, segw } from '../support/installation.ts';
import { readInternetCounters } from '../support/internet-counters.ts';
import { runOnMachine } from '../support/machine-shell.ts';
import {
  cutLinks,
  findControlPlane,
  flushedTables,
  killedProcesses,
  killOnMachine,
  type PathFault,
} from '../support/path-faults.ts';
import { awaitConnection, awaitFlows } from '../support/pod-flows.ts';
import { portsOfClient, startTraffic } from '../support/pod-traffic.ts';
import { execInPod, startToolsPod } from '../support/tools-pod.ts';
import { awaitDataplane, findTrafficPath, readKernelState, type TrafficPath } from '../support/traffic-path.ts';

/** The demo has left a pool of two gateways and a configuration. */
const namespace = 'demo';
const annotations = { [podAnnotation]: 'demo' };
const settleMs = 500;
/** How long the traffic goes on once new connections pass again: what else lives must have been heard within it. */
const aliveMs = 500;
/** Numbers of clients that no other file uses. */
const firstClient = 300;

const client = { namespace, name: 'killed' };
const spare = { namespace, name: 'killed-offline' };
let clients = firstClient;

before(async () => {
  await startToolsPod({ ...client, annotations });
});

after(async () => {
  await segw('fault', 'clear');
  await openApiServer();
  await kubectl('delete', 'pod', '--namespace', namespace, client.name, spare.name, '--ignore-not-found');
  await awaitDataplane();
});

for (const [group, faults] of [
  ['killed once, each process of the path loses nobody: traffic goes on, and none leaves by a wrong address', killedProcesses],
  ['cut once, each link of the path: traffic goes on, no connection hangs, and none leaves by a wrong address', cutLinks],
  ['flushed once, each table of the path is written again: traffic goes on, and none leaves by a wrong address', flushedTables],
] as const) {
  describe(group, () => {
    for (const fault of faults) test(fault.what, async () => suffer(fault));
  });
}

/** Traffic of all kinds from the pod while the fault strikes, until all that lives is heard again and the nodes are as before. */
async function suffer(fault: PathFault): Promise<void> {
  await awaitDataplane();
  const pod = await placeOf(client);
  const path = await findTrafficPath(client);
  const before = await awaitWholePath(path);
  const number = nextClient();
  const ports = portsOfClient(number);
  const traffic = await startTraffic(client, number);
  await sleep(settleMs);
  await fault.strike(path);
  await awaitConnection(pod, ports.echo);
  const backMs = hostClockMs();
  await sleep(aliveMs);
  const silent = await awaitFlows(pod, ports, aliveMs);
  const report = await traffic.stop();

  assertAlive(report, backMs);
  assert.ok(silent === 0 || isAlive(report, 'idle'), 'only the idle connection may be silent');
  assertFate(report, fault.tcp);
  await assertSources(number);
  if (fault.tcp === 'lives') await awaitSameState(path, before);
}

/** UDP and new connections pass. */
function assertAlive({ udp, connections }: TrafficReport, sinceMs: number): void {
  for (const { answeredMs } of udp) assert.ok((answeredMs.at(-1) ?? 0) > sinceMs, 'UDP is answered again');
  assert.ok(
    connections.some(({ outcome, endedMs }) => outcome === 'answered' && endedMs > sinceMs),
    'new connections are answered',
  );
}

function isAlive({ tcp }: TrafficReport, kind: TcpFlowKind): boolean {
  return tcp.some((flow) => flow.kind === kind && flow.ended === undefined);
}

function assertFate({ tcp }: TrafficReport, fate: PathFault['tcp']): void {
  const ended: readonly TcpFlowKind[] = tcp.filter((flow) => flow.ended !== undefined).map(({ kind }) => kind);
  if (fate === 'lives') assert.deepEqual(ended, [], 'these connections ended');
  if (fate === 'ends') assert.deepEqual([...ended].sort(), [...tcpFlowKinds].sort(), 'these connections ended');
}

async function readPathState({ worker, gateway }: TrafficPath): Promise<readonly string[]> {
  return Promise.all([readKernelState(worker), readKernelState(gateway)]);
}

/** A gateway says that it is back a moment before its workers use it again. */
async function awaitWholePath(path: TrafficPath): Promise<readonly string[]> {
  const isWhole = async (): Promise<readonly string[] | undefined> => {
    const state = await readPathState(path);
    return state.some((text) => /: goto (?:moved|lost)/.test(text)) ? undefined : state;
  };
  return pollUntil('a worker that uses every gateway', isWhole, { timeoutMs: 60_000, intervalMs: 300 });
}

async function awaitSameState(path: TrafficPath, before: readonly string[]): Promise<void> {
  let now = before;
  const isSame = async (): Promise<true | undefined> => {
    now = await readPathState(path);
    return now.join('\n') === before.join('\n') ? true : undefined;
  };
  await pollUntil('the state from before', isSame, { timeoutMs: 60_000 }).catch(() => assert.deepEqual(now, before));
}

test('failover works while the API server is down, and for an agent that starts while it is down', async () => {
  await awaitDataplane();
  await startToolsPod({ ...spare, annotations, nodeName: await otherWorker() });
  const pod = await placeOf(spare);
  const path = await findTrafficPath(spare);
  const other = (await gatewayNames()).find((name) => name !== path.gateway) ?? '';
  const number = nextClient();
  const { echo } = portsOfClient(number);
  const traffic = await startTraffic(spare, number);
  await closeApiServer();
  await segw('fault', 'add', 'partition', path.gateway, 'any');
  await awaitConnection(pod, echo);
  await killOnMachine(path.worker, '/app/worker-agent.mjs');
  await segw('fault', 'clear');
  await awaitWorkerAgent(path.worker);
  await segw('fault', 'add', 'partition', other, 'any');
  await awaitConnection(pod, echo);
  const backMs = hostClockMs();
  await sleep(aliveMs);
  const report = await traffic.stop();
  await segw('fault', 'clear');
  await openApiServer();
  assertAlive(report, backMs);
  assertFate(report, 'ends');
  await assertSources(number);
});

test('a worker and a gateway that are restarted come back to the same addresses', async () => {
  await awaitDataplane();
  const { worker, gateway } = await findTrafficPath(client);
  const addresses = await egressAddresses();
  await Promise.all([restart(worker), restart(gateway)]);
  await awaitDataplane();
  await kubectl('wait', '--namespace', namespace, `pod/${client.name}`, '--for=condition=Ready', '--timeout=90s');
  const ask = async (): Promise<string | undefined> =>
    execInPod(client, 'curl', '--silent', '--fail', '--max-time', '3', 'http://ifconfig.me/').catch(() => undefined);
  const seen = await pollUntil('an answer', ask, { timeoutMs: 60_000, intervalMs: 300 });
  assert.ok(cidrContains(await egressPrefix(), seen), `${seen} is in the prefix`);
  assert.equal(await egressAddresses(), addresses);
});

function nextClient(): number {
  clients += 1;
  return clients;
}

async function placeOf({ name }: typeof client): Promise<{ readonly namespacePath: string; readonly address: string }> {
  const output = 'jsonpath={.metadata.uid} {.status.podIP}';
  const [uid = '', address = ''] = (await kubectl('get', 'pod', '--namespace', namespace, name, '--output', output)).split(' ');
  return { namespacePath: await podNamespacePath(uid), address };
}

async function assertSources(number: number): Promise<void> {
  const prefix = await egressPrefix();
  const counters = await readInternetCounters();
  assert.equal(counters.untranslated, 0, 'no packet reached the internet with a private source');
  for (const port of Object.values(portsOfClient(number))) {
    const sources = [...counters.sourcesOf(port).keys()];
    assert.ok(sources.length > 0, `somebody came to port ${String(port)}`);
    for (const source of sources) assert.ok(cidrContains(prefix, source), `${source} is in the prefix`);
  }
}

async function egressPrefix(): Promise<Cidr> {
  const output = 'jsonpath={.status.egressIpPrefix}';
  return parseCidr(await kubectl('get', '--namespace', namespace, 'sgc/demo', '--output', output), 'status.egressIpPrefix');
}

/** Which gateway has which address, as the configuration tells. */
async function egressAddresses(): Promise<string> {
  const gateways = '{range .status.gateways[*]}{.node}={.egressAddress} {end}';
  return kubectl('get', '--namespace', namespace, 'sgc/demo', '--output', `jsonpath={.status.egressIpPrefix} ${gateways}`);
}

async function gatewayNames(): Promise<readonly string[]> {
  const output = 'jsonpath={.items[*].metadata.name}';
  return (await kubectl('get', '--namespace', systemNamespace, 'gatewaystatus', '--output', output)).split(' ');
}

async function otherWorker(): Promise<string> {
  const { worker } = await findTrafficPath(client);
  const workers = ['--selector', 'kubernetes.azure.com/agentpool=nodepool1', '--output', 'jsonpath={.items[*].metadata.name}'];
  const other = (await kubectl('get', 'nodes', ...workers)).split(' ').find((name) => name !== worker);
  return other ?? '';
}

/** To the nodes it is down: their connections are refused, and those that they have are reset. */
async function closeApiServer(): Promise<void> {
  await runOnMachine(
    await findControlPlane(),
    `nft 'add table inet segw_test; add chain inet segw_test input { type filter hook input priority 0; policy accept; }
      add rule inet segw_test input iifname "eth0" tcp dport 6443 reject with tcp reset'`,
  );
}

async function openApiServer(): Promise<void> {
  await runOnMachine(await findControlPlane(), 'nft delete table inet segw_test 2>&1 || true');
}

async function awaitWorkerAgent(machine: string): Promise<void> {
  const status = `curl --silent --output /dev/null --write-out '%{http_code}' http://127.0.0.1:9631/healthz || true`;
  const isHealthy = async (): Promise<true | undefined> => ((await runOnMachine(machine, status)) === '200' ? true : undefined);
  await pollUntil('the worker-agent', isHealthy, { timeoutMs: 60_000, intervalMs: 300 });
}

async function restart(node: string): Promise<void> {
  const providerId = await kubectl('get', 'node', node, '--output', 'jsonpath={.spec.providerID}');
  const { resourceGroup, scaleSet, instanceId } = parseProviderId(providerId);
  const { compute } = await azureClients();
  await compute.virtualMachineScaleSetVMs.restart(resourceGroup, scaleSet, instanceId);
}
