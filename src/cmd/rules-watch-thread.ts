/** The thread of a benchmark that tells when the rules of a network namespace have changed. */
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { hostClockMs } from '../base/host-clock.ts';
import type { RulesWatchThreadData } from '../cli/bench/traffic/rules-watch.ts';
import { watchNetwork } from '../linux/netlink/notifications.ts';
import { enterNetnsAt } from '../linux/netns.ts';

const { namespacePath }: RulesWatchThreadData = workerData;
// On Linux this is the calling thread's, and a late look would make every figure look better than it is.
setPriority(-20);
enterNetnsAt(namespacePath);
const watch = watchNetwork((changes) => {
  const atMs = hostClockMs();
  if (changes.some(({ kind }) => kind === 'nftables')) parentPort?.postMessage(atMs);
});
// A thread that is terminated while koffi polls takes the process with it: it has to end by itself.
parentPort?.once('message', () => watch.stop());
parentPort?.postMessage('watching');
