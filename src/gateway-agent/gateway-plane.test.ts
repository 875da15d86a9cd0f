import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SegwError } from '../base/error.ts';
import { createLogger } from '../base/log.ts';
import { desiredGateway } from '../dataplane/desired-gateway.ts';
import { emptyNamespace } from '../dataplane/host-state.ts';
import { render } from '../dataplane/render.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { configurationOf, factsOf, workerOf } from '../../test/support/gateway-agent/objects.ts';
import { WatchedHost } from '../../test/support/gateway-agent/plane-world.ts';
import { startGatewayPlane, type GatewayPlane, type Pass } from './gateway-plane.ts';
import { planGateway, type GatewayFacts, type Plan, type Programme } from './inputs.ts';

const log = createLogger('test', { level: 'silent' });

interface World {
  readonly host: WatchedHost;
  readonly clock: FakeClock;
  readonly plane: GatewayPlane;
  readonly passes: Pass[];
  readonly written: (Programme | undefined)[];
  plan: Plan | undefined;
}

function planOf(changes: Partial<GatewayFacts> = {}): Plan {
  return planGateway(
    factsOf({ vmConfigurations: [configurationOf('a')], workers: [workerOf(1, { labels: ['a'] })], ...changes }),
  );
}

function programmeOf(plan: Plan): Programme {
  assert.equal(plan.kind, 'serve');
  return plan.programme;
}

function startWorld({
  host = new WatchedHost(),
  plan,
  remembered,
}: {
  readonly host?: WatchedHost;
  readonly plan?: Plan;
  readonly remembered?: Programme;
}): World {
  const clock = new FakeClock();
  const passes: Pass[] = [];
  const written: (Programme | undefined)[] = [];
  const plane = startGatewayPlane({
    host,
    plan: () => world.plan,
    remembered,
    store: { write: (programme) => Promise.resolve(void written.push(programme)) },
    watchKernel: host.watch,
    onPass: (_state, pass) => passes.push(pass),
    clock,
    log,
  });
  const world: World = { host, clock, plane, passes, written, plan };
  return world;
}

function assertCarries(host: WatchedHost, plan: Plan): void {
  assert.equal(render(host.state), render(desiredGateway(programmeOf(plan).inputs)));
}

const wg0 = { namespace: 'segw', kind: 'remove-link', name: 'wg0' } as const;

test('what is planned is in the kernel after the first pass, and a second one finds nothing to do', async () => {
  const plan = planOf();
  const { host, clock, plane, passes } = startWorld({ plan });
  await clock.advance(1000);
  assertCarries(host, plan);
  assert.deepEqual(plane.state, { programmed: programmeOf(plan), isWhole: true, trouble: undefined });
  assert.equal(passes.at(-1)?.steps, 0);
  await plane.stop();
});

test('an agent that starts anew on the kernel of an earlier one changes nothing', async () => {
  const plan = planOf();
  const first = startWorld({ plan });
  await first.clock.advance(1000);
  await first.plane.stop();
  const second = startWorld({ plan, host: new WatchedHost(first.host.state) });
  await second.clock.advance(60_000);
  assert.deepEqual(second.host.applied, []);
  assert.equal(second.plane.state.isWhole, true);
  await second.plane.stop();
});

test('before the API server has been heard, what an earlier agent carried is repaired and answered for', async () => {
  const plan = planOf();
  const { host, clock, plane } = startWorld({ remembered: programmeOf(plan) });
  await clock.advance(1000);
  assertCarries(host, plan);
  assert.deepEqual(plane.state.programmed, programmeOf(plan));
  assert.deepEqual([plane.state.isWhole, plane.state.trouble?.reason], [true, 'Starting']);
  await plane.stop();
});

test('without anything known, nothing is touched', async () => {
  const { host, clock, plane } = startWorld({});
  await clock.advance(60_000);
  assert.deepEqual(host.applied, []);
  assert.deepEqual([plane.state.programmed, plane.state.isWhole], [undefined, false]);
  await plane.stop();
});

test('what somebody takes away is put back at once', async () => {
  const plan = planOf();
  const { host, clock, plane } = startWorld({ plan });
  await clock.advance(1000);
  await host.disturb(wg0, { namespace: 'segw', kind: 'nft', transaction: { kind: 'remove', table: 'segw' } });
  await clock.advance(100);
  assertCarries(host, plan);
  await plane.stop();
});

test('what nobody told of is put back within 30 s', async () => {
  const plan = planOf();
  const { host, clock, plane } = startWorld({ plan });
  await clock.advance(1000);
  await host.disturbQuietly(wg0);
  await clock.advance(30_000);
  assertCarries(host, plan);
  await plane.stop();
});

test('somebody who undoes everything is answered within a second, and no more than some times a second', async () => {
  const plan = planOf();
  const { host, clock, plane, passes } = startWorld({ plan });
  await clock.advance(1000);
  let isContested = true;
  host.afterApply = () => {
    if (isContested) void host.disturb(wg0);
  };
  await host.disturb(wg0);
  await clock.advance(10_000);
  const before = passes.length;
  await clock.advance(10_000);
  assert.ok(passes.length - before <= 30, `${String(passes.length - before)} passes in 10 s`);
  isContested = false;
  await clock.advance(1000);
  assertCarries(host, plan);
  await plane.stop();
});

test('a kernel that refuses a new peer serves on what it served, and gets it when it no longer refuses', async () => {
  const plan = planOf();
  const world = startWorld({ plan });
  const { host, clock, plane } = world;
  await clock.advance(1000);
  host.refuse = ({ kind }) => (kind === 'configure-wireguard' ? new SegwError('SystemCall', 'EPERM') : undefined);
  world.plan = planOf({ workers: [workerOf(1, { labels: ['a'] }), workerOf(2, { labels: ['a'] })] });
  plane.replan();
  await clock.advance(1000);
  assert.deepEqual(plane.state, {
    programmed: programmeOf(plan),
    isWhole: true,
    trouble: { reason: 'KernelRefused', message: 'EPERM' },
  });
  host.refuse = () => undefined;
  await clock.advance(30_000);
  assert.deepEqual(plane.state, { programmed: programmeOf(world.plan), isWhole: true, trouble: undefined });
  assertCarries(host, world.plan);
  await plane.stop();
});

test('a gateway that lacks its device and cannot get it is not whole', async () => {
  const { host, clock, plane } = startWorld({ plan: planOf() });
  await clock.advance(1000);
  host.refuse = ({ kind }) => (kind === 'create-link' ? new SegwError('SystemCall', 'EPERM') : undefined);
  await host.disturb(wg0);
  await clock.advance(100);
  assert.equal(plane.state.isWhole, false);
  assert.equal(plane.state.trouble?.message, 'EPERM; missing: segw: link wg0 wireguard up');
  await plane.stop();
});

test('a plan that cannot be made leaves everything as it was planned before', async () => {
  const plan = planOf();
  const world = startWorld({ plan });
  await world.clock.advance(1000);
  world.plan = planOf({ uplink: undefined });
  world.plane.replan();
  await world.host.disturb(wg0);
  await world.clock.advance(1000);
  assertCarries(world.host, plan);
  assert.deepEqual([world.plane.state.isWhole, world.plane.state.trouble?.reason], [true, 'UplinkMissing']);
  await world.plane.stop();
});

test('removed is everything, other people’s things stay, and it is forgotten', async () => {
  const other = { ...emptyNamespace('host'), links: [{ kind: 'foreign', name: 'eth0', mtu: 1500, isUp: true } as const] };
  const world = startWorld({ plan: planOf(), host: new WatchedHost({ namespaces: [other] }) });
  await world.clock.advance(1000);
  world.plan = { kind: 'remove' };
  world.plane.replan();
  await world.clock.advance(1000);
  assert.deepEqual(world.host.state, { namespaces: [other] });
  assert.deepEqual([world.plane.state.programmed, world.plane.state.trouble?.reason], [undefined, 'Removed']);
  assert.equal(world.written.at(-1), undefined);
  world.plan = planOf();
  world.plane.replan();
  await world.clock.advance(1000);
  assert.equal(world.plane.state.trouble, undefined);
  await world.plane.stop();
});

test('what is about to be programmed is remembered before the kernel is touched', async () => {
  const world = startWorld({ plan: planOf() });
  world.host.refuse = () => new SegwError('SystemCall', 'EPERM');
  await world.clock.advance(0);
  assert.deepEqual(world.written, [programmeOf(planOf())]);
  await world.plane.stop();
});

test('an agent that ends half-way leaves what there is to the next', async () => {
  const plan = planOf();
  const first = startWorld({ plan });
  first.host.afterApply = () => {
    if (first.host.applied.length === 5) void first.plane.stop();
  };
  await first.clock.advance(1000);
  assert.equal(first.host.applied.length, 5);
  const second = startWorld({ plan, host: first.host });
  await second.clock.advance(1000);
  assertCarries(first.host, plan);
  await second.plane.stop();
});
