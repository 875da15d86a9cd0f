import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beat, createAnswerCell, readAnswer, watchedAnswer, writeAnswer } from './answer-cell.ts';
import { probeAnswers } from './wire-format.ts';

test('the cell holds one answer, or none', () => {
  const cell = createAnswerCell();
  assert.equal(readAnswer(cell), undefined);
  for (const answer of [...probeAnswers, undefined]) {
    writeAnswer(cell, answer);
    assert.equal(readAnswer(cell), answer);
  }
});

test('whoever said "ready" and hangs drains; what else he said stands', () => {
  const cell = createAnswerCell();
  let nowMs = 0;
  const answer = watchedAnswer(cell, { limitMs: 100, nowMs: () => nowMs });
  writeAnswer(cell, 'ready');
  beat(cell);
  assert.equal(answer(), 'ready');
  nowMs = 100;
  assert.equal(answer(), 'ready');
  nowMs = 101;
  assert.equal(answer(), 'draining');
  beat(cell);
  assert.equal(answer(), 'ready');
  nowMs = 500;
  writeAnswer(cell, 'not-ready');
  assert.equal(answer(), 'not-ready');
});
