import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { podAnnotation, systemNamespace } from '../../src/api/names.ts';
import { type Cidr, cidrContains } from '../../src/base/addresses.ts';
import { hostClockMs } from '../../src/base/host-clock.ts';
import { pollUntil } from '../../src/base/poll.ts';
import { disturbanceOf } from '../../src/cli/bench/traffic/disturbance.ts';
import type { PodTraffic } from '../../src/cli/bench/traffic/pod-traffic.ts';
import { tcpFlowKinds } from '../../src/cli/bench/traffic/traffic-plan.ts';
import { azureClients } from '../support/azure.ts';
import { startConfiguration } from '../support/egress-configuration.ts';
import { kubectl, kubectlJson, segw } from '../support/installation.ts';
import { readInternetCounters } from '../support/internet-counters.ts';
import { portsOfClient, startTraffic } from '../support/pod-traffic.ts';
import { startToolsPod } from '../support/tools-pod.ts';
import { awaitDataplane, findTrafficPath } from '../support/traffic-path.ts';

const namespace = 'drain';
const pod = { namespace, name: 'client' };
const pool = ['segw', 'segw', 'gwpool'] as const;
/** Numbers of clients whose ports nobody else uses. */
const oldConnections = 240;
const newConnections = 241;
/** Both at once. */
const allTraffic = 242;
const settleMs = 1500;
/** So long the old connections hold the node; every worker has heard of the drain after a fraction of it. */
const holdMs = 6000;

let prefix: Cidr;

before(async () => {
  prefix = await startConfiguration(namespace);
  await awaitDataplane();
  await startToolsPod({ ...pod, annotations: { [podAnnotation]: 'fixed' } });
});

after(async () => {
  await segw('fault', 'clear');
  await kubectl('uncordon', '--selector', 'kubernetes.azure.com/agentpool=gwpool');
  await kubectl('delete', 'namespace', namespace, '--ignore-not-found', '--timeout=120s');
  await awaitDataplane();
});

const status = z.object({
  status: z.object({ state: z.string(), reason: z.string().optional(), message: z.string().optional() }),
});

/** `state reason: message`, as soon as it matches. */
async function untilGateway(node: string, pattern: RegExp): Promise<void> {
  await pollUntil(
    `the gateway on ${node} says ${String(pattern)}`,
    async (note) => {
      const found = await kubectlJson('get', 'gatewaystatus', '--namespace', systemNamespace, node);
      const { state, reason = '', message = '' } = status.parse(found).status;
      const said = `${state} ${reason}: ${message}`;
      note(said);
      return pattern.test(said) ? true : undefined;
    },
    { timeoutMs: 90_000, intervalMs: 200 },
  );
}

async function arrivals(client: number): Promise<ReadonlyMap<string, number>> {
  return (await readInternetCounters()).sourcesOf(portsOfClient(client).echo);
}

/** Connections that were there before, and a client that makes new ones all the time. */
async function startBoth(udpFlows: number): Promise<{ readonly old: PodTraffic; readonly fresh: PodTraffic }> {
  const old = await startTraffic(pod, oldConnections, { connectionIntervalMs: 0, udpFlows });
  const fresh = await startTraffic(pod, newConnections, { udpFlows: 0, tcpFlows: [], connectionIntervalMs: 20 });
  await sleep(settleMs);
  return { old, fresh };
}

/** Takes the node away under traffic: `leave` must wait for the old connections, and nobody may notice anything. */
async function takeAway(gateway: string, udpFlows: number, leave: () => Promise<unknown>): Promise<void> {
  const { old, fresh } = await startBoth(udpFlows);
  const startedMs = hostClockMs();
  try {
    let hasLeft = false;
    const leaving = leave().then(() => (hasLeft = true));
    await Promise.race([leaving, untilGateway(gateway, /^Draining Draining: the node is cordoned/)]);
    await sleep(settleMs);
    const earlier = await arrivals(newConnections);
    await sleep(holdMs);
    const later = await arrivals(newConnections);
    assert.equal(hasLeft, false, 'the node waits for its connections');
    const used = [...later].filter(([source, packets]) => packets > (earlier.get(source) ?? 0)).map(([source]) => source);
    assert.equal(used.length, 1, `new connections leave by the other gateway alone: ${used.join(', ')}`);

    const endedMs = hostClockMs();
    const ofOld = await old.stop();
    assert.deepEqual(disturbanceOf(ofOld, startedMs, endedMs).resetMs, []);
    assert.equal(ofOld.tcp.length, tcpFlowKinds.length);
    assert.deepEqual(
      ofOld.udp.map(({ lost }) => lost),
      Array.from({ length: udpFlows }, () => 0),
    );
    await leaving;
    await sleep(settleMs);
    const ofFresh = await fresh.stop();
    assert.ok(ofFresh.connections.length > 200, `${String(ofFresh.connections.length)} connections`);
    assert.equal(disturbanceOf(ofFresh, startedMs, hostClockMs()).failedConnections, 0);
  } finally {
    await Promise.all([old.end(), fresh.end()]);
  }
}

test('kubectl drain waits for the connections of the gateway; none of them, no datagram and no new connection is lost', async () => {
  const { gateway } = await findTrafficPath(pod);
  await takeAway(gateway, 1, () => kubectl('drain', gateway, '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=150s'));
  await untilGateway(gateway, /^Draining Drained: /);
});

test('an uncordoned gateway serves its pods again', async () => {
  const nodes = ['--selector', 'kubernetes.azure.com/agentpool=gwpool'];
  await kubectl('uncordon', ...nodes);
  await awaitDataplane();
  const guards = ['--namespace', systemNamespace, '--selector', 'app.kubernetes.io/name=segw-gateway-guard'];
  const on = await kubectl('get', 'pod', ...guards, '--output', 'jsonpath={.items[*].spec.nodeName}');
  const names = await kubectl('get', 'node', ...nodes, '--output', 'jsonpath={.items[*].metadata.name}');
  assert.deepEqual(on.split(' ').sort(), names.split(' ').sort());
});

test('a gateway-agent is deleted, then all are replaced as by a new version: nobody notices', async () => {
  const { gateway } = await findTrafficPath(pod);
  const traffic = await startTraffic(pod, allTraffic, { connectionIntervalMs: 20 });
  try {
    await sleep(settleMs);
    const startedMs = hostClockMs();
    const agents = ['--namespace', systemNamespace, '--selector', 'app.kubernetes.io/name=segw-gateway-agent'];
    await kubectl('delete', 'pod', ...agents, '--field-selector', `spec.nodeName=${gateway}`);
    await awaitDataplane();
    const daemonSet = ['--namespace', systemNamespace, 'daemonset/segw-gateway-agent'];
    await kubectl('rollout', 'restart', ...daemonSet);
    await kubectl('rollout', 'status', ...daemonSet, '--timeout=90s');
    await awaitDataplane();
    await sleep(settleMs);
    const endedMs = hostClockMs();
    const report = await traffic.stop();
    const { alive, resetMs, failedConnections } = disturbanceOf(report, startedMs, endedMs);
    assert.deepEqual([alive, resetMs, failedConnections], [tcpFlowKinds, [], 0]);
    assert.deepEqual(
      report.udp.map(({ lost }) => lost),
      [0],
    );
    assert.equal((await arrivals(allTraffic)).size, 1, 'one source address all the time');
  } finally {
    await traffic.end();
  }
});

test('announced maintenance: the gateway drains, agrees when it is drained, and is back when it is over', async () => {
  const { gateway } = await findTrafficPath(pod);
  await segw('fault', 'add', 'maintenance', gateway);
  await untilGateway(gateway, /^Draining Draining: scheduled event Reboot \(Scheduled/);
  // It was announced for a quarter of an hour later: that it has begun is the gateway's word.
  await untilGateway(gateway, /^Draining Drained: scheduled event Reboot \(Started/);
  await segw('fault', 'clear');
  await untilGateway(gateway, /^Ready /);
});

test('an instance that leaves its scale set waits for the connections of its gateway; nothing is lost', async () => {
  const { gateway } = await findTrafficPath(pod);
  const { compute } = await azureClients();
  const providerId = await kubectl('get', 'node', gateway, '--output', 'jsonpath={.spec.providerID}');
  const [, group = '', set = '', instance = ''] =
    /resourceGroups\/([^/]+)\/.*virtualMachineScaleSets\/([^/]+)\/virtualMachines\/(\d+)$/.exec(providerId) ?? [];
  // Without UDP: a datagram flow counts as ended after a minute only, and that was seen above.
  await takeAway(gateway, 0, () => compute.virtualMachineScaleSetVMs.beginDeleteAndWait(group, set, instance));
  const { containers } = await azureClients();
  await containers.agentPools.createOrUpdate(...pool, await containers.agentPools.get(...pool));
  await awaitDataplane();
});

test('every packet of the clients left by an address of the prefix', async () => {
  assert.equal((await readInternetCounters()).untranslated, 0);
  for (const client of [oldConnections, newConnections, allTraffic]) {
    const sources = [...(await arrivals(client)).keys()];
    assert.ok(sources.length > 0, `somebody came to the port of client ${String(client)}`);
    for (const source of sources) assert.ok(cidrContains(prefix, source), `${source} is in the prefix`);
  }
});
