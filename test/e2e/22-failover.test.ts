import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { podAnnotation, systemNamespace } from '../../src/api/names.ts';
import { cidrContains, parseCidr } from '../../src/base/addresses.ts';
import { hostClockMs } from '../../src/base/host-clock.ts';
import { pollUntil } from '../../src/base/poll.ts';
import { disturbanceOf } from '../../src/cli/bench/traffic/disturbance.ts';
import { tcpFlowKinds } from '../../src/cli/bench/traffic/traffic-plan.ts';
import { kubectl, kubectlJson, segw } from '../support/installation.ts';
import { readInternetCounters } from '../support/internet-counters.ts';
import { portsOfClient, startTraffic } from '../support/pod-traffic.ts';
import { startToolsPod } from '../support/tools-pod.ts';

/** The demo has left a pool of two gateways and a configuration. */
const namespace = 'demo';
const annotations = { [podAnnotation]: 'demo' };
const names = Array.from({ length: 6 }, (_, index) => `failover-${String(index)}`);
const settleMs = 1500;
const watchMs = 3000;

const endpoints = z.object({
  items: z.array(z.object({ metadata: z.object({ name: z.string() }), spec: z.object({ gateway: z.string().optional() }) })),
});

before(async () => {
  await Promise.all(names.map((name) => startToolsPod({ name, namespace, annotations })));
});

after(async () => {
  await segw('fault', 'clear');
  await kubectl('delete', 'pod', '--namespace', namespace, ...names);
  const ready = ['--for=jsonpath={.status.state}=Ready', '--timeout=60s'];
  await kubectl('wait', '--namespace', systemNamespace, 'gatewaystatus', '--all', ...ready);
  await kubectl('wait', '--for=condition=Ready', 'node', '--all', '--timeout=60s');
});

/** Two of the pods that leave by different gateways, and the gateway of the first. */
async function podsOfTwoGateways(): Promise<{ readonly victim: string; readonly hit: string; readonly spared: string }> {
  return pollUntil(
    'pods on both gateways',
    async (note) => {
      const { items } = endpoints.parse(await kubectlJson('get', 'podendpoints', '--namespace', namespace));
      note(JSON.stringify(items));
      const ours = items.filter(({ metadata }) => names.includes(metadata.name));
      const [first] = ours;
      const victim = first?.spec.gateway;
      const spared = ours.find(({ spec: { gateway } }) => gateway !== undefined && gateway !== victim);
      return first && victim !== undefined && spared
        ? { victim, hit: first.metadata.name, spared: spared.metadata.name }
        : undefined;
    },
    { timeoutMs: 30_000, intervalMs: 500 },
  );
}

test('a gateway that is cut off: its TCP connections are reset, the rest moves over, and the other gateway is not disturbed', async () => {
  const { victim, hit, spared } = await podsOfTwoGateways();
  const traffic = await Promise.all([hit, spared].map((name, client) => startTraffic({ namespace, name }, client)));
  await sleep(settleMs);
  const cutMs = hostClockMs();
  await segw('fault', 'add', 'partition', victim, 'any');
  await sleep(watchMs);
  const endMs = hostClockMs();
  const [ofHit, ofSpared] = await Promise.all(traffic.map(async (client) => disturbanceOf(await client.stop(), cutMs, endMs)));

  assert.deepEqual(ofHit?.alive, [], 'no connection hangs');
  assert.deepEqual(ofHit.resetMs.map(({ kind }) => kind).sort(), [...tcpFlowKinds].sort());
  const [silenceMs = Infinity] = ofHit.udpSilenceMs;
  assert.ok(silenceMs < watchMs / 2, `UDP was silent for ${String(silenceMs)} ms`);
  assert.ok((ofHit.newTcpGapMs ?? Infinity) < watchMs / 2, `no new connection for ${String(ofHit.newTcpGapMs)} ms`);

  assert.deepEqual([ofSpared?.alive, ofSpared?.resetMs, ofSpared?.failedConnections], [tcpFlowKinds, [], 0]);
});

test('no packet of the two clients left by a wrong address', async () => {
  const prefix = parseCidr(
    await kubectl('get', '--namespace', namespace, 'sgc/demo', '--output', 'jsonpath={.status.egressIpPrefix}'),
    'status.egressIpPrefix',
  );
  const counters = await readInternetCounters();
  assert.equal(counters.untranslated, 0);
  for (const port of [0, 1].flatMap((client) => Object.values(portsOfClient(client)))) {
    const sources = [...counters.sourcesOf(port).keys()];
    assert.ok(sources.length > 0, `somebody came to port ${String(port)}`);
    for (const source of sources) assert.ok(cidrContains(prefix, source), `${source} is in the prefix`);
  }
});
