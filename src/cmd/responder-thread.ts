/** The thread of a gateway-agent that answers probes. */
import { parentPort, workerData } from 'node:worker_threads';
import { watchedAnswer } from '../tunnel-probe/answer-cell.ts';
import { ownThreadId } from '../tunnel-probe/own-thread.ts';
import { startResponderLoop } from '../tunnel-probe/responder-loop.ts';
import type { ResponderKeys, ResponderMessage, ResponderThreadData } from '../tunnel-probe/threaded-responder.ts';

/** An agent that hangs for so long is not just busy. */
const hangLimitMs = 15_000;

const { address, port, cell }: ResponderThreadData = workerData;
let keys: ResponderKeys = new Map();
parentPort?.on('message', (known: ResponderKeys) => {
  keys = known;
});
const responder = await startResponderLoop({
  at: { address, port },
  keysOf: (worker) => keys.get(worker),
  answer: watchedAnswer(cell, { limitMs: hangLimitMs, nowMs: () => performance.now() }),
  onError(error) {
    throw error;
  },
});
parentPort?.postMessage({ thread: ownThreadId(), port: responder.port } satisfies ResponderMessage);
