/** The thread of a benchmark or a test that calls the plugins of a node as its container runtime does. */
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../base/error.ts';
import { ChainCaller } from '../cli/bench/plugin-chain/chain-caller.ts';
import type { ChainAnswer, ChainRequest, ChainThreadData } from '../cli/bench/plugin-chain/chain-thread.ts';
import { joinNamespacesOf } from '../linux/joined-namespaces.ts';
import { runAndWait } from '../linux/run-and-wait.ts';

const { pid }: ChainThreadData = workerData;
joinNamespacesOf(pid);
const caller = new ChainCaller(runAndWait);

parentPort?.on('message', (request: ChainRequest) => parentPort?.postMessage(answerTo(request)));

function answerTo({ command, ...call }: ChainRequest): ChainAnswer {
  try {
    if (command === 'ADD') return { durations: caller.add(call) };
    caller.del(call);
    return { durations: [] };
  } catch (error) {
    return { error: messageOf(error) };
  }
}
