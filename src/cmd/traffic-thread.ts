/** The thread of a benchmark or a test that is a client in a pod's network namespace. */
import { parentPort, workerData } from 'node:worker_threads';
import { startTrafficClient } from '../cli/bench/traffic/traffic-client.ts';
import type { TrafficThreadData } from '../cli/bench/traffic/pod-traffic.ts';
import { enterNetnsAt } from '../linux/netns.ts';

const { namespacePath, plan }: TrafficThreadData = workerData;
enterNetnsAt(namespacePath);
const client = startTrafficClient(plan);
parentPort?.once('message', () => {
  void client.stop().then((report) => parentPort?.postMessage(report));
});
parentPort?.postMessage('started');
