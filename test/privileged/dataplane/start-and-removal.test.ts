import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { emptyNamespace, hostNamespace, type HostState } from '../../../src/dataplane/host-state.ts';
import type { Host } from '../../../src/dataplane/host.ts';
import type { WorkerInputs } from '../../../src/dataplane/model.ts';
import type { Step } from '../../../src/dataplane/step.ts';
import { barrage, sendOdd, settle, underTraffic } from '../../support/dataplane/rig/barrage.ts';
import { datagrams } from '../../support/dataplane/rig/pod-client.ts';
import { startAgent } from '../../support/dataplane/rig/rig-agent.ts';
import {
  assertSources,
  egressOf,
  openRig,
  untilServed,
  workerAddress,
  type Rig,
  type RigWorker,
} from '../../support/dataplane/rig/rig.ts';
import { runIn } from '../linux/namespaces.ts';

let rig: Rig;
let worker: RigWorker;

before(async () => {
  rig = await openRig();
  worker = rig.workers[1];
});

afterEach(async () => {
  await worker.restore();
  await untilServed(rig);
});

after(async () => {
  await rig.close();
});

const nothing: HostState = { namespaces: [emptyNamespace(hostNamespace)] };

/** What a worker carries while the feature is removed and pods that use it still run. */
function withoutGateways(inputs: WorkerInputs): WorkerInputs {
  return { ...inputs, gateways: [], sgcs: inputs.sgcs.map((sgc) => ({ ...sgc, gateways: [] })) };
}

const changes: readonly (readonly [what: string, from: () => Promise<void>, to: () => HostState])[] = [
  ['an agent starts on a node that has nothing of ours', () => worker.strip(), () => worker.desired(worker.inputs)],
  ['the gateways are taken away', () => worker.restore(), () => worker.desired(withoutGateways(worker.inputs))],
  ['the gateways come back', () => worker.carry(withoutGateways(worker.inputs)), () => worker.desired(worker.inputs)],
];

for (const [what, from, to] of changes)
  test(`when ${what}, an attached pod is guarded from the first step on`, async () => {
    await from();
    const steps = await worker.stepsTo(to());
    assert.ok(steps.length > 3);
    await sendAfterEach(steps, worker.host);
  });

async function sendAfterEach(steps: readonly Step[], host: Host): Promise<void> {
  const destination = rig.destination();
  for (const step of steps) {
    await host.apply(step);
    sendOdd(rig.pods.a1, destination);
    await datagrams(rig.pods.a1.netns, destination, { waitMs: 10 });
  }
  await settle();
  assertSources(rig, destination, egressOf.a, { isSilent: true });
}

for (const isStart of [true, false])
  test(`while a gateway’s agent ${isStart ? 'starts' : 'leaves the node'}, nothing leaves by another address, whatever it has done so far`, async () => {
    for (const gateway of [rig.gateways[1], rig.gateways[2]]) {
      if (isStart) await gateway.strip();
      const steps = await gateway.stepsTo(isStart ? gateway.desired(gateway.inputs) : nothing);
      assert.ok(steps.length > 2);
      await sendAfterEach(steps, gateway.host);
      await gateway.restore();
    }
  });

test('before the first step, whoever runs already leaves by the node’s address', async () => {
  await worker.strip();
  const destination = rig.destination();
  assert.equal(await datagrams(rig.pods.a1.netns, destination), 5);
  assertSources(rig, destination, [workerAddress(1)]);
});

test('an agent that is killed and started again under traffic ends no connection, and nothing leaves by another way', async () => {
  let agent = startAgent(worker);
  await agent.plane.carry(worker.inputs);
  const destination = rig.destination();
  const report = await underTraffic(rig, rig.pods.a1, destination, async () => {
    await agent.kill();
    await sleep(100);
    agent = startAgent(worker);
    await agent.plane.carry(worker.inputs);
    await agent.plane.settled();
    await barrage(rig.pods.a1, destination);
  });
  await agent.kill();
  assertSources(rig, destination, egressOf.a);
  assert.deepEqual(
    report.tcp.filter(({ ended }) => ended),
    [],
  );
  assert.deepEqual(
    report.connections.filter(({ outcome }) => outcome !== 'answered'),
    [],
  );
});

test('while the feature is removed, an attached pod is refused as long as it runs', async () => {
  const agent = startAgent(worker);
  await agent.plane.carry(worker.inputs);
  const destination = rig.destination();
  const report = await underTraffic(rig, rig.pods.a1, destination, async () => {
    await agent.plane.carry(withoutGateways(worker.inputs));
    await agent.plane.settled();
    assert.deepEqual(await barrage(rig.pods.a1, destination, { waitMs: 2000 }), ['ECONNREFUSED', 'ECONNREFUSED', 'ECONNREFUSED']);
  });
  await agent.kill();
  assertSources(rig, destination, egressOf.a);
  assert.deepEqual(
    report.tcp.filter(({ ended }) => !ended).map(({ kind }) => kind),
    [],
    'connections that hang',
  );
});

test('removed, nothing of ours is left, and pods without a gateway go on as before', async () => {
  const agent = startAgent(worker);
  await agent.plane.carry(withoutGateways({ ...worker.inputs, pods: [] }));
  const destination = rig.destination();
  const report = await underTraffic(rig, rig.pods.u1, destination, async () => {
    await agent.plane.remove();
    assert.deepEqual(await agent.host.observe(worker.scope), nothing);
    assert.doesNotMatch(runIn(worker.netns, 'nft', 'list', 'tables'), /segw/);
  });
  await agent.kill();
  assertSources(rig, destination, [workerAddress(1)]);
  assert.deepEqual(
    report.tcp.filter(({ ended }) => ended),
    [],
  );
});
