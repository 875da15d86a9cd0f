import { join } from 'node:path';
import { z } from 'zod';
import { SegwError } from '../../../base/error.ts';
import { inStep } from '../../../base/progress.ts';
import { startPodsOnEveryGateway } from '../attached-pods.ts';
import type { Benchmark } from '../benchmark.ts';
import { inDataplaneWorld, type DataplaneWorld } from '../dataplane-world.ts';
import { toFigure, type Figure } from '../figure.ts';
import { readInternetArrivals } from '../traffic/internet-arrivals.ts';
import { startBarePath } from './bare-path-process.ts';
import { barePath } from './bare-path.ts';
import { createIperf, type Iperf, type Transfer } from './iperf.ts';

const seconds = 4;
const directions = ['up', 'down'] as const;
const ways = ['bare link', 'bare tunnel', 'bare tunnel, same hops', 'gateway'] as const;

type Way = (typeof ways)[number];
type Ends = Readonly<Record<Way, Pick<Transfer, 'from' | 'to'>>>;
/** Megabits per second by run. */
type Rates = Readonly<Record<Way, number[]>>;

/**
 * E8: one TCP connection of a pod through its gateway to the internet host, and the same between the same two nodes by the bare link, by a
 * bare tunnel, and by a bare tunnel with the same hops. A run is all of them in turn, both ways, so that pairs see the same machine.
 */
export const throughputBenchmark: Benchmark = {
  name: 'throughput',
  description: 'TCP through the gateway, the bare link, a bare tunnel, and a bare tunnel with the same hops (E8)',
  defaultRuns: 6,
  run: async (context, { runs, progress }) =>
    inDataplaneWorld(context, { gateways: 2, progress }, async (world) => {
      const [pod] = await startPodsOnEveryGateway(world, progress);
      if (pod === undefined) throw new SegwError('NotFound', 'no pod has a gateway');
      const { address: target } = await readInternetArrivals(world.context);
      const places = { worker: await placeOf(world, pod.node), gateway: await placeOf(world, pod.gateway) };
      const path = await startBarePath(world.context, { ...places, target });
      const iperf = await createIperf(world.context);
      try {
        for (const netns of [netnsOf(world, 'internet'), places.gateway.netns, path.egress]) await iperf.serve(netns);
        const ends: Ends = {
          'bare link': { from: places.worker.netns, to: places.gateway.nodeAddress },
          'bare tunnel': { from: places.worker.netns, to: barePath.gatewayAddress },
          'bare tunnel, same hops': { from: path.client, to: target },
          gateway: { from: pod.namespacePath, to: target },
        };
        const title = `${String(runs)} runs`;
        const rates = await inStep(progress, title, async () => measure(iperf, ends, runs));
        return directions.flatMap((direction) => toFigures(direction, rates[direction]));
      } finally {
        await iperf.stop();
        await path.stop();
      }
    }),
};

async function measure(iperf: Iperf, ends: Ends, runs: number): Promise<Readonly<Record<Transfer['direction'], Rates>>> {
  const rates = { up: emptyRates(), down: emptyRates() };
  for (let run = 0; run < runs; run += 1)
    for (const direction of directions)
      for (const way of ways) rates[direction][way].push(await iperf.measure({ ...ends[way], direction, seconds }));
  return rates;
}

function emptyRates(): Rates {
  return { 'bare link': [], 'bare tunnel': [], 'bare tunnel, same hops': [], gateway: [] };
}

function toFigures(direction: string, rates: Rates): readonly Figure[] {
  const ratio = (to: Way, target: string): Figure => {
    const values = rates.gateway.map((rate, run) => Math.round((rate / (rates[to][run] ?? Number.NaN)) * 100) / 100);
    return toFigure({ name: `${direction}: gateway to ${to}`, unit: 'ratio', target, values });
  };
  return [
    ...ways.map((way) => toFigure({ name: `${direction}: ${way}`, unit: 'Mbit/s', target: '-', values: rates[way] })),
    ratio('bare tunnel, same hops', '>= 0.95'),
    ratio('bare tunnel', '-'),
  ];
}

const nodeShape = z.object({ status: z.object({ addresses: z.array(z.object({ type: z.string(), address: z.string() })) }) });

async function placeOf(world: DataplaneWorld, node: string): Promise<{ readonly nodeAddress: string; readonly netns: string }> {
  const { addresses } = nodeShape.parse(await world.kubectl.json(['get', 'node', node])).status;
  const nodeAddress = addresses.find(({ type }) => type === 'InternalIP')?.address;
  if (nodeAddress === undefined) throw new SegwError('NotFound', `node ${node} has no address`);
  return { nodeAddress, netns: netnsOf(world, `machine-${node}`) };
}

function netnsOf({ context }: DataplaneWorld, name: string): string {
  return join(context.settings.stateDir, 'netns', name);
}
