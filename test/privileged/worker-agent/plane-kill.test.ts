import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { createLogger } from '../../../src/base/log.ts';
import { desiredWorker } from '../../../src/dataplane/desired-worker.ts';
import { diff } from '../../../src/dataplane/diff/diff.ts';
import type { WorkerInputs } from '../../../src/dataplane/model.ts';
import { workerScope } from '../../../src/dataplane/scope.ts';
import type { LinuxHost } from '../../../src/linux/host/linux-host.ts';
import { Plane } from '../../../src/worker-agent/plane.ts';
import { findBinary } from '../../support/binaries.ts';
import { MortalHost } from '../../support/dataplane/mortal-host.ts';
import { gateway, pod, sgc, worker } from '../../support/dataplane/worlds.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { openNode, type LinuxNode } from '../linux/node.ts';

const log = createLogger('test', { level: 'silent' });

let node: LinuxNode;

beforeEach(async () => {
  node = openNode(await findBinary('wireguard-go'));
});

afterEach(async () => {
  await node.close();
});

interface Agent {
  readonly host: LinuxHost;
  readonly mortal: MortalHost;
  readonly plane: Plane;
}

/** Another process: of what was there before it knows what the kernel says. */
function startAgent(lastStep = Infinity): Agent {
  const host = node.openHost();
  const mortal = new MortalHost(host, lastStep);
  return { host, mortal, plane: new Plane({ host: mortal, log, clock: new FakeClock(), settings: node.settings }) };
}

/** A whole life. */
async function carry(inputs: WorkerInputs): Promise<void> {
  const { host, plane } = startAgent();
  await plane.carry(inputs);
  await plane.settled();
  assert.deepEqual(diff(await host.observe(workerScope(node.settings)), desiredWorker(inputs, node.settings)), []);
  host.close();
}

const keyOf = (number: number): string => Buffer.alloc(32, number).toString('base64');

function worlds(): Record<'idle' | 'busy' | 'other', WorkerInputs> {
  const { publicKey } = node;
  const gateways = [1, 2, 3].map((number) => gateway(number, { publicKey: keyOf(number) }));
  const busy = worker({
    publicKey,
    gateways: gateways.slice(0, 2),
    sgcs: [sgc('a', { gateways: [1, 2] }), sgc('b', { label: '100.64.4.11', gateways: [1, 2] })],
    pods: [pod(2), pod(3, { sgc: 'team/b' }), pod(4)],
  });
  const other = {
    ...busy,
    gateways: gateways.map((each) => ({ ...each, state: each.number === 1 ? ('dead' as const) : each.state })),
    sgcs: busy.sgcs.map((each) => ({ ...each, gateways: [1, 3] })),
    pods: [pod(2, { sgc: 'team/b' }), pod(5)],
  };
  return { idle: worker({ publicKey, pods: [] }), busy, other };
}

const changes = [
  ['idle', 'busy'],
  ['busy', 'other'],
  ['other', 'idle'],
] as const;

for (const [from, to] of changes)
  test(`an agent killed at any step between ${from} and ${to} leaves what the next one completes`, async () => {
    const { [from]: before, [to]: after } = worlds();
    for (let lastStep = 0, isKilled = true; isKilled; lastStep += 1) {
      await carry(before);
      const { host, mortal, plane } = startAgent(lastStep);
      isKilled = await mortal.killsBefore(plane.carry(after));
      host.close();
      await carry(after);
    }
  });
