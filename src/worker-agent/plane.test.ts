import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { gateway, pod, sgc, worker } from '../../test/support/dataplane/worlds.ts';
import { SegwError } from '../base/error.ts';
import { firstLine } from '../base/first-line.ts';
import { createLogger } from '../base/log.ts';
import { desiredWorker } from '../dataplane/desired-worker.ts';
import { describeStep } from '../dataplane/describe-step.ts';
import { diff } from '../dataplane/diff/diff.ts';
import type { Host } from '../dataplane/host.ts';
import { MemoryHost } from '../dataplane/memory/memory-host.ts';
import type { WorkerInputs } from '../dataplane/model.ts';
import { workerScope } from '../dataplane/scope.ts';
import { Plane } from './plane.ts';

const log = createLogger('test', { level: 'silent' });
const inputs = worker({ gateways: [gateway(1), gateway(2)], sgcs: [sgc('a', { gateways: [1, 2] })], pods: [pod(2), pod(3)] });

interface Rig {
  readonly plane: Plane;
  readonly clock: FakeClock;
  readonly kernel: MemoryHost;
  /** First lines of the steps since the last look. */
  steps(): string[];
  /** How often the kernel was read since the last look. */
  reads(): number;
  fail(count: number): void;
  readonly apply: Host['apply'];
}

function rig(): Rig {
  const kernel = new MemoryHost();
  const clock = new FakeClock();
  let steps: string[] = [];
  let reads = 0;
  let failures = 0;
  const host: Host = {
    observe: async (scope) => {
      reads += 1;
      return await kernel.observe(scope);
    },
    apply: async (step) => {
      if (failures > 0) {
        failures -= 1;
        throw new SegwError('SystemCall', 'refused');
      }
      steps.push(firstLine(describeStep(step)));
      await kernel.apply(step);
    },
  };
  const take = <T>(value: T, reset: () => void): T => {
    reset();
    return value;
  };
  return {
    plane: new Plane({ host, log, clock }),
    clock,
    kernel,
    steps: () => take(steps, () => (steps = [])),
    reads: () => take(reads, () => (reads = 0)),
    fail: (count) => (failures = count),
    apply: (step) => host.apply(step),
  };
}

async function assertCarries({ kernel }: Rig, expected: WorkerInputs): Promise<void> {
  assert.deepEqual(diff(await kernel.observe(workerScope()), desiredWorker(expected)), []);
}

test('the first time the kernel is read; afterwards changes are written without reading', async () => {
  const it = rig();
  await it.plane.carry(inputs);
  assert.equal(it.reads(), 1);
  const next = { ...inputs, pods: [pod(2), pod(3), pod(4)] };
  await it.plane.carry(next);
  assert.equal(it.reads(), 0);
  await assertCarries(it, next);
});

test('a death is a route, a transaction for the maps, and a kick, in this order', async () => {
  const it = rig();
  await it.plane.carry(inputs);
  it.steps();
  const after = { ...inputs, gateways: [gateway(1, { state: 'dead' }), gateway(2)] };
  await it.plane.carry(after);
  await it.plane.settled();
  const steps = it.steps();
  assert.match(steps[0] ?? '', /^host: replace route default .*sgw2$/);
  assert.match(steps.at(-1) ?? '', /^host: kick tcp mark 0x1/);
  assert.equal(it.reads(), 1, 'the first time only');
  await assertCarries(it, after);
});

test('connections are settled after the first look and after a repair, not after a look that finds nothing', async () => {
  const it = rig();
  const settled = () => it.steps().filter((step) => step.startsWith('host: settle flows')).length;
  await it.plane.carry(inputs);
  assert.equal(settled(), 1);
  await it.clock.advance(30_000);
  await it.plane.remove();
  await it.plane.carry(inputs);
  assert.equal(settled(), 1, 'of the second beginning');
  await it.kernel.apply({ namespace: 'host', kind: 'nft', transaction: { kind: 'remove', table: 'segw' } });
  it.plane.repair();
  await it.clock.advance(100);
  await it.plane.stop();
  assert.equal(settled(), 1);
});

test('a pod that is carried keeps its conntrack entries when its label has changed unseen', async () => {
  const it = rig();
  await it.plane.carry(inputs);
  it.steps();
  const label = '100.64.4.99';
  const elsewhere = new Plane({ host: { observe: (scope) => it.kernel.observe(scope), apply: it.apply }, log, clock: it.clock });
  await elsewhere.carry({ ...inputs, sgcs: [sgc('a', { label, gateways: [1, 2] })] });
  const steps = it.steps();
  assert.deepEqual(
    steps.filter((step) => step.includes('forget flows')),
    [],
  );
  assert.equal(steps.at(-1), 'host: settle flows');
});

test('a death and another change at once: the death comes first, and nothing of the change is missed', async () => {
  const it = rig();
  await it.plane.carry(inputs);
  it.steps();
  const excludeCidrs = [{ address: '192.0.2.0', prefixLength: 24 }];
  const after = {
    ...inputs,
    gateways: [gateway(1, { state: 'dead' }), gateway(2)],
    sgcs: [sgc('a', { gateways: [1, 2], excludeCidrs })],
  };
  await it.plane.carry(after);
  await it.plane.settled();
  const steps = it.steps();
  assert.match(steps[0] ?? '', /^host: replace route default/);
  assert.match(steps[1] ?? '', /segw gateway/);
  assert.deepEqual(steps.slice(-2), ['host: kick tcp mark 0x1/0x7f', 'host: settle flows']);
  await assertCarries(it, after);
});

test('what was asked for while the plane was at work is skipped up to the last', async () => {
  const it = rig();
  const sizes = [1, 2, 3, 4].map((count) => ({ ...inputs, pods: Array.from({ length: count }, (_, index) => pod(index + 2)) }));
  await Promise.all(sizes.map((size) => it.plane.carry(size)));
  await assertCarries(it, sizes.at(-1) ?? inputs);
});

test('a kernel that is not as it was left is read and repaired', async () => {
  const it = rig();
  await it.plane.carry(inputs);
  await it.kernel.apply({ namespace: 'host', kind: 'nft', transaction: { kind: 'remove', table: 'segw' } });
  it.reads();
  const next = { ...inputs, pods: [pod(2)] };
  await it.plane.carry(next);
  assert.equal(it.reads(), 1);
  await assertCarries(it, next);
});

test('a report of the kernel is acted upon within a moment, many at once only once', async () => {
  const it = rig();
  await it.plane.carry(inputs);
  await it.kernel.apply({ namespace: 'host', kind: 'remove-link', name: 'sgw1' });
  it.reads();
  for (let count = 0; count < 10; count += 1) it.plane.repair();
  await it.clock.advance(100);
  await it.plane.stop();
  assert.equal(it.reads(), 1);
  await assertCarries(it, inputs);
});

test('what the kernel refuses is an error, and is tried again', async () => {
  const it = rig();
  it.fail(1);
  await assert.rejects(it.plane.carry(inputs), { code: 'SystemCall' });
  await it.clock.advance(1000);
  await it.plane.stop();
  await assertCarries(it, inputs);
});

test('without any report the kernel is read every half minute', async () => {
  const it = rig();
  await it.plane.carry(inputs);
  it.reads();
  await it.clock.advance(30_000);
  await it.plane.stop();
  assert.equal(it.reads(), 1);
});

test('nothing is carried when everything is removed, whatever was there; then it may be carried again', async () => {
  const { plane, kernel } = rig();
  await plane.carry(inputs);
  await kernel.apply({ namespace: 'host', kind: 'ensure-rule', rule: { preference: 7000, mark: 9, mask: 127, table: 7009 } });
  await plane.remove();
  assert.deepEqual(kernel.state, new MemoryHost().state);
  await plane.carry(inputs);
  assert.deepEqual(diff(await kernel.observe(workerScope()), desiredWorker(inputs)), []);
});
