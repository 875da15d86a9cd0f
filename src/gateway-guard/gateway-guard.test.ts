import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, settle } from '../../test/support/fake-clock.ts';
import type { GatewayStatusStatus } from '../api/gateway-status.ts';
import { createLogger } from '../base/log.ts';
import type { KubeClient } from '../kube/client.ts';
import type { KubeObject } from '../kube/object.ts';
import { startGatewayGuard, type GatewayGuard } from './gateway-guard.ts';

const limitMs = 60_000;

interface World {
  readonly guard: GatewayGuard;
  readonly clock: FakeClock;
  status: GatewayStatusStatus;
  isCordoned: boolean;
  isServerUp: boolean;
  /** How the release ended; `undefined`: it has not. */
  outcome: string | undefined;
  release(): void;
}

function createWorld(): World {
  const clock = new FakeClock();
  const answer = (kind: string): KubeObject & { spec: object; status?: object } =>
    kind === 'Node'
      ? { metadata: { name: 'n' }, spec: { unschedulable: world.isCordoned } }
      : { metadata: { name: 'n' }, spec: { number: 1 }, status: world.status };
  const client = {
    find: ({ kind }: { readonly kind: string }) =>
      world.isServerUp ? Promise.resolve(answer(kind)) : Promise.reject(new Error('refused')),
  };
  const guard = startGatewayGuard({
    client: asClient(client),
    nodeName: 'n',
    clock,
    log: createLogger('test', { level: 'silent' }),
  });
  const world: World = {
    guard,
    clock,
    status: { state: 'Ready' },
    isCordoned: false,
    isServerUp: true,
    outcome: undefined,
    release: () => void guard.release(limitMs).then((outcome) => (world.outcome = outcome)),
  };
  return world;
}

test('a guard that is replaced on a node that stays ends at once', async () => {
  const world = createWorld();
  world.release();
  await settle();
  assert.equal(world.outcome, 'released');
});

test('a guard holds a cordoned node until its gateway is drained', async () => {
  const world = createWorld();
  world.isCordoned = true;
  world.release();
  await world.clock.advance(5000);
  world.status = { state: 'Draining', reason: 'Draining' };
  await world.clock.advance(5000);
  assert.equal(world.outcome, undefined);
  world.status = { state: 'Draining', reason: 'Drained' };
  await world.clock.advance(1000);
  assert.equal(world.outcome, 'released');
});

test('it holds it for as long as it may, also while the API server is away', async () => {
  const world = createWorld();
  world.isServerUp = false;
  world.release();
  await world.clock.advance(limitMs - 1000);
  assert.equal(world.outcome, undefined);
  await world.clock.advance(2000);
  assert.equal(world.outcome, 'limit');
});

test('a guard is ready while its gateway serves', async () => {
  const world = createWorld();
  assert.equal(world.guard.whyNotReady(), 'the API server has not been heard yet');
  await world.clock.advance(2000);
  assert.equal(world.guard.whyNotReady(), undefined);
  world.status = { state: 'NotReady', reason: 'Starting', message: 'a moment' };
  await world.clock.advance(2000);
  assert.equal(world.guard.whyNotReady(), 'the gateway is not ready: Starting: a moment');
  await world.guard.stop();
});

/** An API server with two objects. */
function asClient(client: object): Pick<KubeClient, 'find'> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `find` answers with what its kind is
  return client as Pick<KubeClient, 'find'>;
}
