import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { anyMeddling, strangerScope, withStrangers, strangers } from '../../../test/support/dataplane/junk.ts';
import { egressDevices, isGuarded, mixedUpLinks } from '../../../test/support/dataplane/oracle.ts';
import { anyGatewayNode, anyWorker, gatewayNode } from '../../../test/support/dataplane/worlds.ts';
import { desiredGateway } from '../desired-gateway.ts';
import { desiredWorker } from '../desired-worker.ts';
import { emptyNamespace, hostNamespace, type HostState } from '../host-state.ts';
import type { Scope } from '../host.ts';
import { applyStep } from '../memory/kernel.ts';
import { MemoryHost } from '../memory/memory-host.ts';
import type { WorkerInputs } from '../model.ts';
import { render } from '../render.ts';
import { gatewayScope, workerScope } from '../scope.ts';
import type { Step } from '../step.ts';
import { diff } from './diff.ts';

const nothing: HostState = { namespaces: [emptyNamespace(hostNamespace)] };

/** The states before, between and after the steps. */
function passedStates(before: HostState, steps: readonly Step[]): HostState[] {
  const passed = [before];
  for (const step of steps) passed.push(applyStep(passed.at(-1) ?? before, step));
  return passed;
}

function reached(desired: HostState): HostState {
  return diff(nothing, desired).reduce(applyStep, nothing);
}

test('a desired state that was applied needs no further step', () => {
  const desiredStates = fc.oneof(
    anyWorker.map((inputs) => desiredWorker(inputs)),
    anyGatewayNode.map((inputs) => desiredGateway(inputs)),
  );
  fc.assert(fc.property(desiredStates, (desired) => assert.deepEqual(diff(reached(desired), desired), [])));
});

interface Leg {
  readonly desired: HostState;
  readonly meddle: (state: HostState) => HostState;
  readonly stopAfter: number;
}

function legs(desired: fc.Arbitrary<HostState>): fc.Arbitrary<Leg[]> {
  return fc.array(fc.record({ desired, meddle: anyMeddling, stopAfter: fc.nat(40) }), { minLength: 1, maxLength: 4 });
}

/** Each leg: somebody meddles with the node, an agent is killed after some steps, the next one does its work. */
async function walk(scope: Scope, way: readonly Leg[]): Promise<void> {
  let state = withStrangers(nothing);
  for (const { desired, meddle, stopAfter } of way) {
    const ours = await new MemoryHost(state).observe(scope);
    const host = new MemoryHost(withStrangers(meddle(ours)));
    for (const step of diff(await host.observe(scope), desired).slice(0, stopAfter)) await host.apply(step);
    for (const step of diff(await host.observe(scope), desired)) await host.apply(step);
    assert.equal(render(await host.observe(scope)), render(desired));
    assert.deepEqual(diff(await host.observe(scope), desired), []);
    assert.equal(render(await host.observe(strangerScope)), render({ namespaces: [strangers] }));
    state = host.state;
  }
}

test('a worker gets from any state to the desired one, whoever meddles, and touches nothing of others', async () => {
  const desired = fc.oneof(
    { weight: 9, arbitrary: anyWorker.map((inputs) => desiredWorker(inputs)) },
    { weight: 1, arbitrary: fc.constant(nothing) },
  );
  await fc.assert(fc.asyncProperty(legs(desired), (way) => walk(workerScope(), way)));
});

test('a gateway gets from any state to the desired one, whoever meddles, and touches nothing of others', async () => {
  const desired = fc.oneof(
    { weight: 9, arbitrary: anyGatewayNode.map((inputs) => desiredGateway(inputs)) },
    { weight: 1, arbitrary: fc.constant(nothing) },
  );
  await fc.assert(fc.asyncProperty(legs(desired), (way) => walk(gatewayScope(gatewayNode()), way)));
});

test('no step leaves a pod that is served before and after without its way out', () => {
  fc.assert(
    fc.property(anyWorker, anyWorker, (before, after) => {
      const states = passedStates(reached(desiredWorker(before)), diff(reached(desiredWorker(before)), desiredWorker(after)));
      for (const pod of inBoth(before, after)) {
        const ways = states.map((state) => egressDevices(state, pod).length > 0);
        if (ways.at(0) && ways.at(-1)) assert.ok(ways.every(Boolean), `${pod.veth}: ${ways.join()}`);
      }
    }),
    { numRuns: 200 },
  );
});

test('no step leaves an attached pod without its guard, nor translates it for another SGC', () => {
  fc.assert(
    fc.property(anyWorker, anyWorker, (before, after) => {
      const states = passedStates(reached(desiredWorker(before)), diff(reached(desiredWorker(before)), desiredWorker(after)));
      for (const pod of inBoth(before, after)) {
        const guards = states.map((state) => isGuarded(state, pod));
        if (guards.at(0) && guards.at(-1)) assert.ok(guards.every(Boolean), `${pod.veth}: ${guards.join()}`);
      }
      assert.deepEqual(states.flatMap(mixedUpLinks), []);
    }),
    { numRuns: 200 },
  );
});

test('whatever was there, the first transaction guards every pod that the last one leaves guarded', () => {
  fc.assert(
    fc.property(anyWorker, anyMeddling, anyWorker, (before, meddle, after) => {
      const observed = meddle(reached(desiredWorker(before)));
      const steps = diff(observed, desiredWorker(after));
      const first = steps.findIndex(({ kind }) => kind === 'nft');
      const states = passedStates(observed, steps).slice(first + 1);
      const last = states.at(-1) ?? observed;
      for (const pod of after.pods.filter((pod) => isGuarded(last, pod)))
        assert.ok(states.every((state) => isGuarded(state, pod)));
    }),
    { numRuns: 200 },
  );
});

/** Pods that keep link and address. */
function inBoth(before: WorkerInputs, after: WorkerInputs): WorkerInputs['pods'] {
  const later = new Set(after.pods.map(({ veth }) => veth));
  return before.pods.filter(({ veth }) => later.has(veth));
}
