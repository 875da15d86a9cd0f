import { z } from 'zod';
import { parseCidr } from '../../base/addresses.ts';
import { pollUntil } from '../../base/poll.ts';
import { inStep } from '../../base/progress.ts';
import type { Benchmark } from './benchmark.ts';
import { jobPod } from './bench-pods.ts';
import { annotated, benchNamespace, inDataplaneWorld, type DataplaneWorld } from './dataplane-world.ts';
import { toFigure } from './figure.ts';
import { readInternetArrivals, wrongSourcePackets, type InternetArrivals } from './traffic/internet-arrivals.ts';

/** As many pods are started at once. */
const batchSize = 20;
const batchTimeoutMs = 120_000;

/**
 * E7: annotated pods, whose only process sends at once: one datagram, or one SYN, and waits less than a second, so that nothing is sent
 * twice. A run is a pod. The internet host says where each came from.
 */
export const firstPacketBenchmark: Benchmark = {
  name: 'first-packet',
  description: 'first packet of annotated pods: answered without a retry, right source (E7)',
  defaultRuns: 200,
  run: async (context, { runs, progress }) =>
    inDataplaneWorld(context, { gateways: 2, progress }, async (world) => {
      const arrivals = await readInternetArrivals(world.context);
      const clients = Array.from({ length: runs }, (_, index) => index);
      const answered: number[] = [];
      for (let first = 0; first < runs; first += batchSize) {
        const batch = clients.slice(first, first + batchSize);
        const title = `pods ${String(first + 1)} to ${String(first + batch.length)} of ${String(runs)}`;
        answered.push(...(await inStep(progress, title, async () => runBatch(world, arrivals, batch))));
      }
      const after = await readInternetArrivals(world.context);
      const wrong = after.untranslated + wrongSourcePackets(after, clients, parseCidr(world.egressPrefix, 'egressIpPrefix'));
      const datagrams = clients.filter(isUdp).map((client) => packetsOf(after, client));
      return [
        toFigure({ name: 'first packet answered (1) or not (0)', unit: '', target: '1 for each of 200', values: answered }),
        toFigure({ name: 'packets of a pod that sends a datagram', unit: '', target: '1', values: datagrams }),
        toFigure({ name: 'packets with a wrong source', unit: '', target: '0', values: [wrong] }),
      ];
    }),
};

const podList = z.object({
  items: z.array(z.object({ metadata: z.object({ name: z.string() }), status: z.object({ phase: z.string().optional() }) })),
});

/** Returns 1 for each pod that was answered, 0 for each that was not. */
async function runBatch(
  { context, kubectl, workers }: DataplaneWorld,
  arrivals: InternetArrivals,
  batch: readonly number[],
): Promise<number[]> {
  const here = ['--namespace', benchNamespace];
  const pods = batch.map((client) => ({
    name: `first-${String(client)}`,
    annotations: annotated,
    nodeName: workers[client % workers.length] ?? '',
    command: ['sh', '-c', scriptOf(arrivals, client)],
  }));
  await kubectl.apply(...pods.map(jobPod));
  const phases = await pollUntil(
    'every pod of the batch has ended',
    async (note) => {
      const { items } = podList.parse(await kubectl.json(['get', 'pods', ...here]));
      const ended = items.flatMap(({ status: { phase = '' } }) => (phase === 'Succeeded' || phase === 'Failed' ? [phase] : []));
      note(items.map(({ metadata: { name }, status }) => `${name} ${status.phase ?? ''}`).join(', '));
      return ended.length === batch.length ? ended : undefined;
    },
    { timeoutMs: batchTimeoutMs, intervalMs: 500, signal: context.signal },
  );
  await kubectl.run(['delete', 'pod', ...here, '--all']);
  return phases.map((phase) => (phase === 'Succeeded' ? 1 : 0));
}

/** A SYN is sent again after a second, a datagram never. */
function scriptOf(arrivals: InternetArrivals, client: number): string {
  const protocol = isUdp(client) ? '-u -W 1' : '-N';
  return `[ "$(echo first | nc ${protocol} -w 1 ${arrivals.address} ${String(arrivals.portsOfClient(client).echo)})" = first ]`;
}

function isUdp(client: number): boolean {
  return client % 4 < 2;
}

function packetsOf(arrivals: InternetArrivals, client: number): number {
  return [...arrivals.sourcesOf(arrivals.portsOfClient(client).echo).values()].reduce((total, packets) => total + packets, 0);
}
