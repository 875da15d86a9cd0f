import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { createLogger } from '../../../src/base/log.ts';
import { desiredGateway } from '../../../src/dataplane/desired-gateway.ts';
import { diff } from '../../../src/dataplane/diff/diff.ts';
import { gatewayScope } from '../../../src/dataplane/scope.ts';
import { startGatewayPlane } from '../../../src/gateway-agent/gateway-plane.ts';
import { planGateway, type Plan } from '../../../src/gateway-agent/inputs.ts';
import type { LinuxHost } from '../../../src/linux/host/linux-host.ts';
import { isNetns } from '../../../src/linux/netns.ts';
import { findBinary } from '../../support/binaries.ts';
import { MortalHost } from '../../support/dataplane/mortal-host.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { configurationOf, factsOf, workerOf } from '../../support/gateway-agent/objects.ts';
import { runIn } from '../linux/namespaces.ts';
import { openNode, type LinuxNode } from '../linux/node.ts';

const log = createLogger('test', { level: 'silent' });

let node: LinuxNode;

beforeEach(async () => {
  node = openNode(await findBinary('wireguard-go'));
});

afterEach(async () => {
  await node.close();
});

/** An agent that makes one pass. True when it was killed before the end of it. */
async function live(plan: Plan, lastStep = Infinity): Promise<boolean> {
  const host = node.openHost();
  const mortal = new MortalHost(host, lastStep);
  const passed = Promise.withResolvers<string>();
  const clock = new FakeClock();
  startGatewayPlane({
    host: mortal,
    plan: () => plan,
    remembered: undefined,
    store: { write: () => Promise.resolve() },
    watchKernel: () => ({ refresh: () => undefined, stop: () => undefined }),
    onPass: (_state, { outcome }) => passed.resolve(outcome),
    settings: node.settings,
    clock,
    log,
  });
  await clock.advance(0);
  const isKilled = await mortal.killsBefore(passed.promise);
  if (!isKilled) assert.equal(await passed.promise, 'ok');
  host.close();
  return isKilled;
}

async function assertCarries(plan: Plan, host: LinuxHost): Promise<void> {
  assert.equal(plan.kind, 'serve');
  const { inputs } = plan.programme;
  const desired = desiredGateway(inputs, node.settings);
  const observed = await host.observe(gatewayScope(inputs, node.settings));
  const left = diff(observed, desired).filter(({ kind }) => kind !== 'nft');
  assert.deepEqual(left, []);
}

function plans(): Record<'nothing' | 'one' | 'two', Plan> {
  const common = { publicKey: node.publicKey };
  return {
    nothing: { kind: 'remove' },
    one: planGateway(factsOf({ ...common, vmConfigurations: [configurationOf('a')], workers: [workerOf(1, { labels: ['a'] })] })),
    two: planGateway(
      factsOf({
        ...common,
        vmConfigurations: [configurationOf('b')],
        workers: [workerOf(1, { labels: ['b'] }), workerOf(2, { labels: ['b'] })],
      }),
    ),
  };
}

const changes = [
  ['nothing', 'one'],
  ['one', 'two'],
] as const;

for (const [from, to] of changes)
  test(`an agent killed at any step between ${from} and ${to} leaves what the next one completes`, async () => {
    const { [from]: before, [to]: after } = plans();
    for (let lastStep = 0, isKilled = true; isKilled; lastStep += 1) {
      await live(before);
      isKilled = await live(after, lastStep);
      await live(after);
      await assertCarries(after, node.openHost());
    }
  });

test('an agent killed at any step of a removal leaves what the next one completes', async () => {
  const { nothing, two } = plans();
  for (let lastStep = 0, isKilled = true; isKilled; lastStep += 1) {
    await live(two);
    isKilled = await live(nothing, lastStep);
    await live(nothing);
    assert.equal(isNetns(node.gatewayPath), false);
    assert.equal(runIn(node.hostPath, 'ip', '-o', 'link').trim().split('\n').length, 1);
    assert.equal(runIn(node.hostPath, 'nft', 'list', 'ruleset'), '');
  }
});
