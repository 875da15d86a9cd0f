import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstDetection, probeSent, replyReceived, type Detection } from './detector.ts';

/** `p`: the next probe goes out; `r`: the last one is answered; `o`: the one before it is; `d`: answered "draining". */
function play(events: string): Detection {
  let nonce = 0n;
  return events.split('').reduce<Detection>((detection, event) => {
    if (event === 'p') return probeSent(detection, (nonce += 1n));
    return replyReceived(detection, event === 'o' ? nonce - 1n : nonce, event === 'd' ? 'draining' : 'ready');
  }, firstDetection);
}

const cases: readonly (readonly [string, string, Detection['verdict']])[] = [
  ['nothing is known before the first answer', 'ppp', 'unknown'],
  ['three lost probes are death, also at the start', 'pppp', 'dead'],
  ['an answer is life', 'pr', 'ready'],
  ['two lost probes are nothing', 'prppp', 'ready'],
  ['three lost probes are death', 'prpppp', 'dead'],
  ['an answer in between starts the count anew', 'prppprppp', 'ready'],
  ['the first answer brings a dead one back', 'prppppr', 'ready'],
  ['an answer to a lost probe says nothing', 'prppppo', 'dead'],
  ['what the answer says is the verdict', 'pd', 'draining'],
  ['the same answer twice is one answer', 'prr', 'ready'],
];

for (const [title, events, verdict] of cases) {
  test(title, () => assert.equal(play(events).verdict, verdict));
}
