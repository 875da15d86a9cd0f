import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runFailovers } from '../../../src/cli/bench/failover-cost/run-failovers.ts';
import { cacheDir, repositoryDir } from '../../support/paths.ts';

/** The long form is `segw bench leak`. */
const runs = 100;
const pods = 20;

test('failovers leave nothing behind: no descriptor, no device, no element', async ({ signal }) => {
  const { before, after, transactionMs } = await runFailovers(
    { root: repositoryDir, settings: { cacheDir }, signal },
    { pods, runs },
  );
  assert.equal(transactionMs.length, runs);
  const { megabytes: _before, heapMegabytes: _heapBefore, ...countedBefore } = before;
  const { megabytes: _after, heapMegabytes: _heapAfter, ...countedAfter } = after;
  assert.deepEqual(countedAfter, countedBefore);
});
