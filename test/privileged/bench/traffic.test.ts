import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { hostClockMs } from '../../../src/base/host-clock.ts';
import { disturbanceOf, type Disturbance } from '../../../src/cli/bench/traffic/disturbance.ts';
import { startPodTraffic } from '../../../src/cli/bench/traffic/pod-traffic.ts';
import { startRulesWatch } from '../../../src/cli/bench/traffic/rules-watch.ts';
import { everyTraffic, tcpFlowKinds } from '../../../src/cli/bench/traffic/traffic-plan.ts';
import { inNetns } from '../../../src/linux/netns.ts';
import { fabricSettings } from '../../../src/region/fabric/fabric-settings.ts';
import { internetRules } from '../../../src/region/fabric/internet-rules.ts';
import { Namespaces, runIn } from '../linux/namespaces.ts';

/** What benchmarks measure with, against cuts whose length is known. */
const namespaces = new Namespaces();
const address = fabricSettings.internetAddress;
const ports = { echo: 20_001, download: 30_001, upload: 40_001 };
const podAddress = '192.0.2.20';
const cutMs = 400;
const settleMs = 500;

let pod: string;
let internet: string;
let server: ChildProcess;

before(async () => {
  pod = namespaces.create('pod');
  internet = namespaces.create('internet');
  runIn(internet, 'ip', 'link', 'add', 'uplink', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', pod);
  runIn(internet, 'ip', 'address', 'add', `${address}/24`, 'dev', 'uplink');
  runIn(internet, 'ip', 'link', 'set', 'uplink', 'up');
  runIn(pod, 'ip', 'address', 'add', `${podAddress}/24`, 'dev', 'eth0');
  runIn(pod, 'ip', 'link', 'set', 'eth0', 'up');
  runIn(internet, 'nft', internetRules());
  const program = new URL('../../../src/region/fabric/internet/server.ts', import.meta.url).pathname;
  server = inNetns(internet, () => spawn(process.execPath, [program, address], { stdio: 'ignore' }));
});

after(async () => {
  server.kill();
  await once(server, 'exit');
  namespaces.remove();
});

/** What a client notices while `change` is in force for `cutMs`, and when the kernel took it. */
async function watch(change: string): Promise<{ readonly seen: Disturbance; readonly atMs: number; readonly calledMs: number }> {
  const rules = await startRulesWatch(programOf('rules-watch-thread'), { namespacePath: internet });
  const plan = { address, ports, ...everyTraffic };
  const client = startPodTraffic(programOf('traffic-thread'), { namespacePath: pod, plan });
  try {
    await client.started;
    await sleep(settleMs);
    const taken = rules.next(AbortSignal.timeout(10_000));
    const calledMs = hostClockMs();
    runIn(internet, 'nft', `add table ip cut; add chain ip cut c { type filter hook prerouting priority raw - 10; }; ${change}`);
    const atMs = await taken;
    await sleep(cutMs);
    runIn(internet, 'nft', 'delete table ip cut');
    await sleep(settleMs);
    const endMs = hostClockMs();
    return { seen: disturbanceOf(await client.stop(), atMs, endMs), atMs, calledMs };
  } finally {
    await Promise.all([client.end(), rules.stop()]);
  }
}

function programOf(name: string): URL {
  return new URL(`../../../src/cmd/${name}.ts`, import.meta.url);
}

test('a cut is seen as long as it was, and ends no connection', async () => {
  const { seen, atMs, calledMs } = await watch('add rule ip cut c drop');
  assert.ok(calledMs < atMs, 'the kernel took the rule after it was asked to');
  const [silenceMs = 0] = seen.udpSilenceMs;
  assert.ok(silenceMs >= cutMs, `UDP was silent for ${String(silenceMs)} ms`);
  assert.ok((seen.newTcpGapMs ?? 0) >= cutMs);
  assert.ok((seen.slowestConnectionMs ?? 0) >= cutMs, 'a connection that began in the gap waited for its end');
  assert.deepEqual([seen.resetMs, seen.alive], [[], tcpFlowKinds]);
});

test('a reset is seen, dated from the cut', async () => {
  const { seen } = await watch(`add rule ip cut c tcp dport ${String(ports.upload)} reject with tcp reset`);
  assert.deepEqual(
    seen.resetMs.map(({ kind }) => kind),
    ['upload'],
  );
  assert.ok((seen.resetMs[0]?.ms ?? -1) >= 0);
});
