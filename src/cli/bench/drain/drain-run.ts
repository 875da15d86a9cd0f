import { setTimeout as sleep } from 'node:timers/promises';
import { hostClockMs } from '../../../base/host-clock.ts';
import { awaitGateways, isOwn } from '../attached-pods.ts';
import type { TrafficClient } from '../traffic-clients.ts';
import type { TrafficScene } from '../traffic-scene.ts';
import type { TrafficReport } from '../traffic/traffic-plan.ts';

/** One gateway was drained and came back. */
export interface DrainRun {
  readonly lostDatagrams: number;
  /** Established TCP connections that ended before their client did. */
  readonly endedConnections: number;
  readonly failedConnections: number;
  /** New connections in all. */
  readonly connections: number;
  /** Packets of new connections by the draining gateway, after it was seen draining. */
  readonly packetsByDrainingGateway: number;
  readonly longestSilenceMs: number;
  /** From the cordon until every pod has another gateway for new connections, as its PodEndpoint tells. */
  readonly movedMs: number;
  /** From the end of the traffic to the end of `kubectl drain`. */
  readonly drainedMs: number;
}

const settleMs = 1500;
/** Connections that began before the drain was seen end within it. */
const transitionMs = 500;
const watchMs = 3000;
/** Longer than a guard holds the node. */
const drainLimit = '--timeout=400s';

/** Cordons and drains `victim` under the traffic of its pods; it serves again when this returns. */
export async function runDrain(scene: TrafficScene, victim: string): Promise<DrainRun> {
  const { world, pods } = scene;
  try {
    return await drainUnderTraffic(scene, victim);
  } finally {
    await world.kubectl.run(['uncordon', victim]);
    await awaitGateways(world, pods, isOwn);
  }
}

async function drainUnderTraffic(scene: TrafficScene, victim: string): Promise<DrainRun> {
  const { world, pods, clients } = scene;
  const { kubectl, context } = world;
  const pause = async (ms: number): Promise<void> => sleep(ms, undefined, { signal: context.signal });
  const own = pods.filter(({ gateway }) => gateway === victim);
  const lasting = await Promise.all(own.map(async (pod) => clients.start(pod, { connectionIntervalMs: 0 })));
  const fresh = await Promise.all(own.map(async (pod) => clients.start(pod, { udpFlows: 0, tcpFlows: [] })));
  await pause(settleMs);
  const cordonMs = hostClockMs();
  const draining = kubectl.run(['drain', victim, '--ignore-daemonsets', '--delete-emptydir-data', drainLimit]);
  draining.catch(() => undefined); // whoever awaits it is told
  await awaitGateways(world, own, (gateway) => gateway !== victim);
  const movedMs = hostClockMs() - cordonMs;
  await pause(transitionMs);
  const before = await packetsByGateway(scene, fresh);
  await pause(watchMs);
  const packetsByDrainingGateway = (await packetsByGateway(scene, fresh)) - before;
  const [lastingReports, freshReports] = await Promise.all([stopAll(lasting), stopAll(fresh)]);
  const endMs = hostClockMs();
  await draining;
  const drainedMs = hostClockMs() - endMs;
  return { ...damage(lastingReports, freshReports), packetsByDrainingGateway, movedMs, drainedMs };
}

type Damage = Omit<DrainRun, 'packetsByDrainingGateway' | 'movedMs' | 'drainedMs'>;

function damage(lasting: readonly TrafficReport[], fresh: readonly TrafficReport[]): Damage {
  const flows = lasting.flatMap(({ udp }) => udp);
  const connections = fresh.flatMap((report) => report.connections);
  return {
    lostDatagrams: flows.reduce((total, { lost }) => total + lost, 0),
    endedConnections: lasting.flatMap(({ tcp }) => tcp).filter(({ ended }) => ended !== undefined).length,
    failedConnections: connections.filter(({ outcome }) => outcome !== 'answered').length,
    connections: connections.length,
    longestSilenceMs: Math.max(0, ...flows.flatMap(({ answeredMs }) => gapsOf(answeredMs))),
  };
}

function gapsOf(timesMs: readonly number[]): readonly number[] {
  return timesMs.slice(1).map((atMs, index) => atMs - (timesMs[index] ?? atMs));
}

/** Packets of these clients that came by the gateway that their pods had at first. */
async function packetsByGateway({ clients }: TrafficScene, of: readonly TrafficClient[]): Promise<number> {
  const arrivals = await clients.arrivals();
  return of.reduce((total, { pod, ports }) => total + (arrivals.sourcesOf(ports.echo).get(pod.egressAddress) ?? 0), 0);
}

async function stopAll(clients: readonly TrafficClient[]): Promise<readonly TrafficReport[]> {
  return Promise.all(clients.map(async (client) => client.stop()));
}
