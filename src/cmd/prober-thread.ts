/** The thread of a worker-agent that probes gateways. */
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { hostClockMs } from '../base/host-clock.ts';
import { ownThreadId } from '../tunnel-probe/own-thread.ts';
import type { KeyedTarget } from '../tunnel-probe/prober.ts';
import { startProberLoop } from '../tunnel-probe/prober-loop.ts';
import type { ProberThreadData, ProberMessage } from '../tunnel-probe/threaded-prober.ts';

const reportMs = 1000;

const { worker }: ProberThreadData = workerData;
const send = (message: ProberMessage): void => parentPort?.postMessage(message);
const loop = startProberLoop({
  worker,
  onVerdict: (number, verdict) => send({ number, verdict, atMs: hostClockMs() }),
  tunnelPackets,
});
parentPort?.on('message', (targets: readonly KeyedTarget[]) => loop.probe(targets));
setInterval(() => send({ report: loop.report() }), reportMs);
send({ thread: ownThreadId() });

function tunnelPackets(device: string): number {
  try {
    return Number(readFileSync(`/sys/class/net/${device}/statistics/rx_packets`, 'utf8'));
  } catch {
    return 0;
  }
}
