import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gateway, pod, sgc, worker } from '../../test/support/dataplane/worlds.ts';
import type { GatewayState } from './model.ts';
import { steer } from './steering.ts';

function carriers(states: readonly GatewayState[], sgcs = [sgc('a', { gateways: [1, 2, 3] })]): (number | undefined)[] {
  const gateways = states.map((state, index) => gateway(index + 1, { state }));
  return steer(worker({ gateways, sgcs, pods: sgcs.map(({ key }, index) => pod(index + 2, { sgc: key })) })).gateways.map(
    ({ carrier }) => carrier?.number,
  );
}

test('a gateway that lives carries its own connections', () => assert.deepEqual(carriers(['ready', 'draining']), [1, 2]));

test('a dead gateway is survived by a ready one, not by a draining one', () =>
  assert.deepEqual(carriers(['dead', 'draining', 'ready']), [3, 2, 3]));

test('a draining gateway survives when no ready one is left', () =>
  assert.deepEqual(carriers(['dead', 'draining', 'dead']), [2, 2, 2]));

test('nobody survives when all are dead', () =>
  assert.deepEqual(carriers(['dead', 'dead', 'dead']), [undefined, undefined, undefined]));

test('a gateway that shares no SGC does not survive', () => {
  const sgcs = [sgc('a', { gateways: [1] }), sgc('b', { label: '100.64.4.11', gateways: [2] })];
  assert.deepEqual(carriers(['dead', 'ready'], sgcs), [undefined, 2]);
});

test('the survivor is the one that serves most of what the dead gateway served', () => {
  const sgcs = [sgc('a', { gateways: [1, 2, 3] }), sgc('b', { label: '100.64.4.11', gateways: [1, 3] })];
  assert.deepEqual(carriers(['dead', 'ready', 'ready'], sgcs), [3, 2, 3]);
});

test('gateways and SGCs that no pod uses are left out', () => {
  const steering = steer(
    worker({ gateways: [gateway(1), gateway(2)], sgcs: [sgc('a'), sgc('b', { label: '100.64.4.11', gateways: [2] })] }),
  );
  assert.deepEqual(
    steering.gateways.map(({ gateway }) => gateway.number),
    [1],
  );
  assert.deepEqual(
    steering.sgcs.map(({ sgc }) => sgc.key),
    ['team/a'],
  );
});

test('of two pods with one link, the last has it', () => {
  const { pods } = steer(worker({ pods: [pod(4), pod(5, { veth: pod(4).veth })] }));
  assert.deepEqual(
    pods.map(({ pod }) => pod.uid),
    ['uid-5'],
  );
});

test('of two pods with one address, the last uses its SGC and the other is held', () => {
  const { pods } = steer(worker({ pods: [pod(2), pod(3, { address: pod(2).address })] }));
  assert.deepEqual(
    pods.map(({ sgc }) => sgc?.sgc.key),
    [undefined, 'team/a'],
  );
});

test('an SGC whose label is not of this worker counts as unknown', () => {
  const [steered] = steer(worker({ sgcs: [sgc('a', { label: '100.64.8.10' })] })).pods;
  assert.equal(steered?.sgc, undefined);
  assert.equal(steered?.gateway, undefined);
});

test('a pod is not pinned while its SGC takes turns, nor while it is detaching', () => {
  assert.equal(steer(worker()).pods[0]?.gateway?.number, 1);
  assert.equal(steer(worker({ sgcs: [sgc('a', { spread: 'perConnection' })] })).pods[0]?.gateway, undefined);
  assert.equal(steer(worker({ pods: [pod(2, { phase: 'detaching' })] })).pods[0]?.gateway, undefined);
});
