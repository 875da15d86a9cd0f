import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { podAnnotation } from '../../src/api/names.ts';
import { readNodeUsage } from '../../src/cli/bench/node-usage.ts';
import { addAndDelete, startNodeChain } from '../../src/cli/bench/plugin-chain/node-chain.ts';
import { kubectl, settings } from '../support/installation.ts';
import { repositoryDir } from '../support/paths.ts';
import { startToolsPod } from '../support/tools-pod.ts';

/** The long form is `segw bench leak`. */
const runs = 100;
const warmUp = 5;
/** The demo has left a configuration; this pod keeps it in use on its node, so that no ADD waits. */
const holder = { name: 'leak-holder', namespace: 'demo', annotations: { [podAnnotation]: 'demo' } };

let node = '';

before(async () => {
  await startToolsPod(holder);
  node = await kubectl('get', 'pod', '--namespace', holder.namespace, holder.name, '--output', 'jsonpath={.spec.nodeName}');
});

after(async () => {
  await kubectl('delete', 'pod', '--namespace', holder.namespace, '--ignore-not-found', holder.name);
});

/** The agent has a connection to the API server more or less at any time, so its descriptors are no exact number. */
async function countUsage(signal: AbortSignal): Promise<{ readonly descriptors: number; readonly counts: object }> {
  const { megabytes: _megabytes, descriptors, ...counts } = await readNodeUsage({ settings, signal }, node);
  return { descriptors, counts };
}

test('a pod that comes and goes leaves nothing behind: no descriptor, device, namespace, address or element', async ({
  signal,
}) => {
  const chain = await startNodeChain({ root: repositoryDir, settings }, node);
  const addAll = async (count: number): Promise<void> => {
    for (let run = 0; run < count; run += 1) await addAndDelete(chain, 'whole', holder);
  };
  try {
    await addAll(warmUp);
    const before = await countUsage(signal);
    await addAll(runs);
    const after = await countUsage(signal);
    assert.deepEqual(after.counts, before.counts);
    assert.ok(
      after.descriptors - before.descriptors < runs / 10,
      `${String(before.descriptors)}, then ${String(after.descriptors)}`,
    );
  } finally {
    await chain.stop();
  }
});
