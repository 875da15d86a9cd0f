import { setTimeout as sleep } from 'node:timers/promises';
import { hostClockMs } from '../../../base/host-clock.ts';
import { awaitGateways, isOwn } from '../attached-pods.ts';
import type { TrafficClient } from '../traffic-clients.ts';
import type { TrafficScene } from '../traffic-scene.ts';
import { disturbanceOf, type Disturbance } from '../traffic/disturbance.ts';
import type { InternetArrivals } from '../traffic/internet-arrivals.ts';

/** One gateway was cut off. */
export interface FailoverRun {
  /** What clients of pods on that gateway noticed. */
  readonly hit: readonly Disturbance[];
  readonly spared: readonly SparedClient[];
}

/** A client of a pod on another gateway. */
export interface SparedClient {
  readonly disturbance: Disturbance;
  /** Packets that came by another gateway's address than the pod's. */
  readonly strayPackets: number;
}

/** Before the cut: all connections stand. */
const settleMs = 1500;
/** From the cut on: the third SYN of a connection goes out after three seconds. */
const watchMs = 3500;
/** Those who only have to notice that something happens to them leave the processor to the others. */
const sparedIntervalMs = 50;

/** Cuts `victim` off under the traffic of its pods, and of one pod on each other gateway; all gateways serve again when this returns. */
export async function runFailover(scene: TrafficScene, victim: string): Promise<FailoverRun> {
  const { world, pods, clients, partitions } = scene;
  const hit = await Promise.all(pods.filter(({ gateway }) => gateway === victim).map(async (pod) => clients.start(pod)));
  const others = world.gateways.filter((gateway) => gateway !== victim);
  const neighbours = others.flatMap(
    (gateway, index) => pods.filter((pod) => pod.gateway === gateway)[index % world.workers.length] ?? [],
  );
  const spared = await Promise.all(neighbours.map(async (pod) => clients.start(pod, { connectionIntervalMs: sparedIntervalMs })));
  const watched = await watchCut(scene, victim, [...hit, ...spared]);
  const arrivals = await clients.arrivals();
  await partitions.heal();
  await awaitGateways(world, pods, isOwn);
  return {
    hit: watched.flatMap(({ client, disturbance }) => (client.pod.gateway === victim ? [disturbance] : [])),
    spared: watched.flatMap(({ client, disturbance }) =>
      client.pod.gateway === victim ? [] : [{ disturbance, strayPackets: strayPackets(arrivals, client) }],
    ),
  };
}

/** The same when all others are cut off before: nobody is left to take over. */
export async function runLastFailover(scene: TrafficScene, victim: string): Promise<FailoverRun> {
  const { world, pods, clients, partitions } = scene;
  for (const gateway of world.gateways) if (gateway !== victim) await partitions.cut(gateway);
  await awaitGateways(world, pods, (gateway) => gateway === victim);
  const hit = await Promise.all(pods.filter(({ gateway }) => gateway === victim).map(async (pod) => clients.start(pod)));
  const watched = await watchCut(scene, victim, hit);
  await partitions.heal();
  await awaitGateways(world, pods, isOwn);
  return { hit: watched.map(({ disturbance }) => disturbance), spared: [] };
}

interface Watched {
  readonly client: TrafficClient;
  readonly disturbance: Disturbance;
}

async function watchCut(
  { world, partitions }: TrafficScene,
  victim: string,
  clients: readonly TrafficClient[],
): Promise<readonly Watched[]> {
  const { signal } = world.context;
  await sleep(settleMs, undefined, { signal });
  const cutMs = await partitions.cut(victim);
  await sleep(watchMs, undefined, { signal });
  const endMs = hostClockMs();
  return Promise.all(clients.map(async (client) => ({ client, disturbance: disturbanceOf(await client.stop(), cutMs, endMs) })));
}

function strayPackets(arrivals: InternetArrivals, { pod, ports }: TrafficClient): number {
  const strays = Object.values(ports).flatMap((port) =>
    [...arrivals.sourcesOf(port)].filter(([source]) => source !== pod.egressAddress),
  );
  return strays.reduce((total, [, packets]) => total + packets, 0);
}
