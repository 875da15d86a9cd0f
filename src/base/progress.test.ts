import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inStep, type Progress } from './progress.ts';

function recorder(): { progress: Progress; events: string[] } {
  const events: string[] = [];
  const progress: Progress = {
    step(title) {
      events.push(`start ${title}`);
      return {
        line: (text) => events.push(text),
        done: (seconds) => events.push(seconds >= 0 ? 'done' : 'done before it began'),
        failed: () => events.push('failed'),
      };
    },
  };
  return { progress, events };
}

test('a step that returns is done, and gives its result', async () => {
  const { progress, events } = recorder();
  const result = await inStep(progress, 'build', async (step) => {
    step.line('half way');
    return 7;
  });
  assert.equal(result, 7);
  assert.deepEqual(events, ['start build', 'half way', 'done']);
});

test('a step that throws has failed, and the error goes on', async () => {
  const { progress, events } = recorder();
  await assert.rejects(
    inStep(progress, 'build', () => Promise.reject(new Error('disk full'))),
    /disk full/,
  );
  assert.deepEqual(events, ['start build', 'failed']);
});
