import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gateway, pod, sgc, worker } from '../../test/support/dataplane/worlds.ts';
import { failover } from './failover.ts';
import type { GatewayState, WorkerInputs } from './model.ts';

function world(states: readonly GatewayState[]): WorkerInputs {
  const gateways = states.map((state, index) => gateway(index + 1, { state }));
  const pods = Array.from({ length: 250 }, (_, index) => pod(index + 2));
  return worker({ gateways, sgcs: [sgc('a', { gateways: gateways.map(({ number }) => number) })], pods });
}

function kinds(before: readonly GatewayState[], after: readonly GatewayState[]): string[] {
  return failover(world(before), world(after)).map(({ kind }) => kind);
}

test('a death is one route write, one nft transaction, and a kick', () =>
  assert.deepEqual(kinds(['ready', 'ready', 'ready'], ['ready', 'dead', 'ready']), ['ensure-route', 'nft', 'kick']));

test('a drain is one nft transaction', () => assert.deepEqual(kinds(['ready', 'ready'], ['ready', 'draining']), ['nft']));

test('the death of the last gateway leaves its route alone: nothing is there to lead to', () =>
  assert.deepEqual(kinds(['ready'], ['dead']), ['nft', 'kick']));

test('a return is one route write and one nft transaction', () =>
  assert.deepEqual(kinds(['ready', 'dead'], ['ready', 'ready']), ['ensure-route', 'nft']));

test('a gateway that is no longer there, alive or dead, ends what it carried', () => {
  const marks = failover(world(['ready', 'ready']), world(['ready'])).flatMap((step) =>
    step.kind === 'forget-flows' || step.kind === 'kick' ? [[step.kind, step.flows.protocols, step.flows.mark?.value]] : [],
  );
  assert.deepEqual(marks, [
    ['forget-flows', 'other-than-tcp', 2],
    ['kick', 'tcp', 2],
  ]);
});

test('a verdict that changes nothing writes nothing', () => assert.deepEqual(kinds(['ready', 'dead'], ['ready', 'dead']), []));

test('the transaction of a death moves the pods of the dead gateway and no other', () => {
  const [, step] = failover(world(['ready', 'ready', 'ready']), world(['ready', 'dead', 'ready']));
  assert.ok(step?.kind === 'nft' && step.transaction.kind === 'edit');
  const edits = new Map(step.transaction.edits.map((edit) => [edit.set, edit]));
  assert.deepEqual([...edits.keys()].toSorted(), ['act', 'gateway']);
  const moved = edits.get('gateway');
  assert.ok(moved && moved.removed.length > 60 && moved.removed.length < 110);
  assert.deepEqual(
    moved.added.map(({ key }) => key),
    moved.removed,
  );
  assert.ok(moved.added.every(({ value }) => value !== 'goto pin_2'));
});
