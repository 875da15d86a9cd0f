import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { workerDevice } from '../../../src/dataplane/settings.ts';
import { kernelHasWireguard } from '../../../src/linux/wireguard/kernel.ts';
import { runningProcess } from '../../../src/tunnel-host/process-record.ts';
import { recordPath } from '../../../src/tunnel-host/tunnel-files.ts';
import { barrage, settle, underTraffic } from '../../support/dataplane/rig/barrage.ts';
import { loadRules } from '../../support/dataplane/rig/fabric.ts';
import {
  assertSources,
  egressOf,
  openRig,
  untilServed,
  workerAddress,
  untilWrong,
  type Rig,
} from '../../support/dataplane/rig/rig.ts';
import {
  without,
  withoutElements,
  withoutTable,
  withoutTunnels,
  withoutUnreachableRoutes,
  type Change,
} from '../../support/dataplane/rig/rig-node.ts';
import { runIn } from '../linux/namespaces.ts';

let rig: Rig;

before(async () => {
  rig = await openRig();
});

after(async () => {
  await rig.close();
});

test('whatever a pod sends leaves by the egress address of its SGC, crafted packets included', async () => {
  const destination = rig.destination();
  const outcomes = await barrage(rig.pods.a1, destination, { waitMs: 5000 });
  await settle();
  assert.deepEqual(outcomes, ['answered', 'answered', 'answered']);
  assertSources(rig, destination, egressOf.a);
});

test('with azureNetworking what is listed leaves by the egress address, and nothing else does', async () => {
  const listed = rig.destination({ isExcluded: true });
  const unlisted = rig.destination();
  for (const destination of [listed, unlisted]) await barrage(rig.pods.b1, destination, { waitMs: 5000 });
  await settle();
  assertSources(rig, listed, egressOf.b);
  // A packet that fits no connection is translated by nobody.
  assertSources(rig, unlisted, [workerAddress(1), rig.pods.b1.address]);
});

test('an excluded destination is reached directly', async () => {
  const destination = rig.destination({ isExcluded: true });
  await barrage(rig.pods.a1, destination, { waitMs: 5000 });
  await settle();
  assertSources(rig, destination, [workerAddress(1), rig.pods.a1.address]);
});

const marks = [1, 2, 3, 0x4000, 0x7e, 0x7f, 8738];

test('a mark that the pod gives its packets changes nothing', async () => {
  const destination = rig.destination();
  for (const mark of marks) await barrage(rig.pods.a1, destination, { mark });
  await settle();
  assertSources(rig, destination, egressOf.a);
});

test('a mark that the pod gives its packets opens nothing while it has no gateway', async () => {
  const destination = rig.destination();
  await rig.workers[1].during([withoutElements('gateway')], async () => {
    for (const mark of marks) await barrage(rig.pods.a1, destination, { mark });
    await settle();
  });
  assertSources(rig, destination, [], { isSilent: true });
});

test('while no gateway is alive, connections are refused and nothing leaves', async () => {
  const worker = rig.workers[1];
  const destination = rig.destination();
  const gateways = worker.inputs.gateways.map((gateway) => ({ ...gateway, state: 'dead' as const }));
  await worker.carry({ ...worker.inputs, gateways });
  try {
    assert.deepEqual(await barrage(rig.pods.a1, destination, { waitMs: 2000 }), ['ECONNREFUSED', 'ECONNREFUSED', 'ECONNREFUSED']);
    await settle();
    assertSources(rig, destination, [], { isSilent: true });
  } finally {
    await worker.restore();
  }
});

/** What happens on worker 1, and nobody repairs it. */
const mishaps: readonly (readonly [what: string, happen: () => Promise<void> | void])[] = [
  ['all gateways are cut off', () => ['g1', 'g2'].forEach((name) => rig.fabric.cut(name))],
  ...(kernelHasWireguard() ? [] : [['every wireguard-go is killed', killTunnels] as const]),
  ['every tunnel device is deleted', deleteTunnels],
  ['the rules for marks are flushed', () => void runIn(rig.workers[1].netns, 'ip', 'rule', 'flush', 'pref', '7000')],
  [
    'the rules for marks and the devices are gone, as after a restart of systemd-networkd',
    () => {
      runIn(rig.workers[1].netns, 'ip', 'rule', 'flush', 'pref', '7000');
      deleteTunnels();
    },
  ],
  [
    'the routing tables are flushed',
    () => [7001, 7002].forEach((table) => runIn(rig.workers[1].netns, 'ip', 'route', 'flush', 'table', String(table))),
  ],
  ['the table is deleted', () => void runIn(rig.workers[1].netns, 'nft', 'delete', 'table', 'inet', 'segw')],
  ['the worker’s conntrack forgets everything', () => void runIn(rig.workers[1].netns, 'conntrack', '-F')],
  [
    'the gateways’ conntrack forgets everything',
    () => Object.values(rig.gateways).forEach(({ node }) => runIn(node.gatewayPath, 'conntrack', '-F')),
  ],
  ['somebody flushes the whole ruleset', () => void runIn(rig.workers[1].netns, 'nft', 'flush', 'ruleset')],
];

for (const [what, happen] of mishaps)
  test(`nothing leaves by another way when ${what} and no agent runs`, async () => {
    const destination = rig.destination();
    try {
      await underTraffic(rig, rig.pods.a1, destination, async () => {
        await happen();
        for (let round = 0; round < 2; round += 1) await barrage(rig.pods.a1, destination);
        await sleep(200);
      });
      assertSources(rig, destination, egressOf.a);
    } finally {
      await mend();
    }
  });

test('a flushed ruleset without the lock lets traffic out by the node’s address', async () => {
  const destination = rig.destination();
  try {
    await underTraffic(rig, rig.pods.a1, destination, async () => {
      await rig.workers[1].carry(rig.workers[1].inputs, withoutTable('segw_lock'));
      runIn(rig.workers[1].netns, 'nft', 'flush', 'ruleset');
      await untilWrong(rig, destination, egressOf.a);
    });
  } finally {
    await mend();
  }
});

const guard = /^goto refuse$|vmap @guard/;
const sourceGuard = /ct direction original ct mark and 0x7f != 0 counter name badsrc drop/;
const noForwardGuard = [without(guard), withoutTable('segw_lock')];
const locks: readonly (readonly [what: string, changes: readonly Change[]])[] = [
  ['the unreachable routes', [withoutTunnels, ...noForwardGuard, without(sourceGuard)]],
  ['the guard of forwarded packets', [withoutTunnels, withoutUnreachableRoutes, withoutTable('segw_lock'), without(sourceGuard)]],
  ['the guard of sources', [withoutTunnels, withoutUnreachableRoutes, ...noForwardGuard]],
  ['the lock', [withoutTunnels, withoutUnreachableRoutes, without(guard), without(sourceGuard)]],
];

for (const [what, changes] of locks)
  test(`without any tunnel, ${what} alone would keep everything in`, async () => {
    const destination = rig.destination();
    await rig.workers[1].during(changes, async () => {
      await barrage(rig.pods.a1, destination);
      await settle();
    });
    assertSources(rig, destination, [], { isSilent: true });
  });

test('without any tunnel and without all of these, traffic leaves by the node’s address', async () => {
  const destination = rig.destination();
  const changes = [withoutTunnels, withoutUnreachableRoutes, ...noForwardGuard, without(sourceGuard)];
  await rig.workers[1].during(changes, async () => {
    await barrage(rig.pods.a1, destination);
    await untilWrong(rig, destination, egressOf.a);
  });
});

test('on a gateway whose host tracks egress traffic, everything leaves by that node’s address', async () => {
  const destination = rig.destination();
  const tracked = without(/^iifname "gwv" notrack$/, /^ip daddr @addrs notrack$/);
  await rig.gateways[1].during([tracked], () =>
    rig.gateways[2].during([tracked], async () => {
      await barrage(rig.pods.a1, destination);
      await untilWrong(rig, destination, egressOf.a);
    }),
  );
});

for (const priority of [40, -10])
  test(`another’s translation of sources before ours, at priority ${String(priority)}, keeps everything in and is counted`, async () => {
    const destination = rig.destination();
    const { netns } = rig.workers[1];
    const counted = await rig.workers[1].counted('badsrc');
    const chain = `chain early { type nat hook postrouting priority ${String(priority)}; policy accept; ip saddr 10.244.0.0/16 masquerade; };`;
    loadRules(netns, `table ip foreign { ${chain} }`);
    try {
      await barrage(rig.pods.a1, destination);
      await settle();
      assertSources(rig, destination, [], { isSilent: true });
      assert.ok((await rig.workers[1].counted('badsrc')) > counted);
    } finally {
      loadRules(netns, 'delete table ip foreign');
    }
  });

function tunnelsOfWorker(): string[] {
  return [1, 2].map((gateway) => workerDevice(rig.workers[1].settings, gateway));
}

function deleteTunnels(): void {
  for (const device of tunnelsOfWorker()) runIn(rig.workers[1].netns, 'ip', 'link', 'delete', device);
}

async function killTunnels(): Promise<void> {
  for (const device of tunnelsOfWorker()) {
    const tunnel = await runningProcess(recordPath(rig.workers[1].node.tunnelDirectory, device));
    assert.ok(tunnel);
    process.kill(tunnel.pid, 'SIGKILL');
  }
}

/** As it was before a mishap. */
async function mend(): Promise<void> {
  for (const name of ['g1', 'g2']) rig.fabric.join(name);
  await rig.workers[1].restore();
  rig.loadForeignRules(rig.workers[1]);
  await untilServed(rig);
}
