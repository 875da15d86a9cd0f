import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { hostClockMs } from '../../../src/base/host-clock.ts';
import { startRulesWatch } from '../../../src/cli/bench/traffic/rules-watch.ts';
import { Namespaces, runIn } from '../linux/namespaces.ts';

const namespaces = new Namespaces();
after(() => namespaces.remove());

test('a change of rules is dated by the kernel, and the watch ends without taking the process with it', async () => {
  const namespacePath = namespaces.create('router');
  const program = new URL('../../../src/cmd/rules-watch-thread.ts', import.meta.url);
  const watch = await startRulesWatch(program, { namespacePath });
  const change = watch.next(AbortSignal.timeout(10_000));
  const beganMs = hostClockMs();
  runIn(namespacePath, 'nft', 'add table ip losses');
  const atMs = await change;
  assert.ok(beganMs < atMs && atMs <= hostClockMs());

  runIn(namespacePath, 'nft', 'add table ip unnoticed');
  await sleep(100);
  const laterMs = hostClockMs();
  const later = watch.next(AbortSignal.timeout(10_000));
  runIn(namespacePath, 'nft', 'add table ip noticed');
  assert.ok((await later) > laterMs, 'a change that nobody waited for is not the next one');
  await watch.stop();
});
