import { setTimeout as sleep } from 'node:timers/promises';
import { startPodTraffic } from '../../../../src/cli/bench/traffic/pod-traffic.ts';
import { tcpFlowKinds, type TrafficPlan, type TrafficReport } from '../../../../src/cli/bench/traffic/traffic-plan.ts';
import { pollUntil } from '../../../../src/base/poll.ts';
import { patient } from '../../patience.ts';
import { ports } from './fabric.ts';
import { cut, echoRequest, oddPackets, tcpPacket, udpPacket, type Ends } from './packets.ts';
import { connect, datagrams, sendRaw } from './pod-client.ts';
import type { Rig, RigPod } from './rig.ts';

interface BarrageOptions {
  /** Packet mark of everything. */
  readonly mark?: number;
  /** How long to wait for answers. */
  readonly waitMs?: number;
}

/**
 * Everything that a pod can send to an address: datagrams, connections, an echo request, fragments alone and together, packets that fit
 * no connection. Returns how the connections ended.
 */
export async function barrage(pod: RigPod, destination: string, { mark, waitMs = 100 }: BarrageOptions = {}): Promise<string[]> {
  const marked = mark === undefined ? {} : { mark };
  sendOdd(pod, destination, marked);
  const [, ...outcomes] = await Promise.all([
    datagrams(pod.netns, destination, { waitMs, ...marked }),
    ...[1, 2, 3].map(() => connect(pod.netns, destination, { from: pod.address, timeoutMs: waitMs })),
  ]);
  return outcomes;
}

/** Of these, what needs no answer: all are sent when this returns. */
export function sendOdd({ netns, address: source }: RigPod, destination: string, options: { readonly mark?: number } = {}): void {
  const ends = { source, destination };
  const large = udpPacket(ends, { sourcePort: 50_070, destinationPort: ports.echo }, Buffer.alloc(3000));
  const fragments = cut(large, 1000);
  const packets = oddPackets(ends).map(([, packet]) => packet);
  sendRaw(netns, [...packets, echoRequest(ends), ...fragments, ...fragments.toReversed()], options);
  for (const piece of fragments) sendRaw(netns, [piece], options);
}

/** How many packets a volley is. */
export const volleySize = 20;

/** Datagrams and the beginnings of connections, each from a port of its own. */
export function volley(ends: Ends, destinationPort: number = ports.echo, sourcePort = 41_000): Buffer[] {
  return Array.from({ length: volleySize / 2 }, (_, index) => {
    const some = { sourcePort: sourcePort + index, destinationPort };
    return [udpPacket(ends, some, Buffer.from('forged')), tcpPacket(ends, some, ['syn'])];
  }).flat();
}

const trafficProgram = new URL('../../../../src/cmd/traffic-thread.ts', import.meta.url);

/** Runs `section` while a pod has old and new connections and datagrams under way all at once, in a thread of their own. */
export async function underTraffic(
  rig: Rig,
  pod: RigPod,
  destination: string,
  section: () => Promise<void>,
): Promise<TrafficReport> {
  const plan: TrafficPlan = {
    address: destination,
    ports,
    udpFlows: 2,
    udpIntervalMs: 5,
    tcpFlows: tcpFlowKinds,
    connectionIntervalMs: 20,
  };
  const traffic = startPodTraffic(trafficProgram, { namespacePath: pod.netns, plan });
  const isUnderWay = () => [...rig.fabric.sourcesOf(destination).values()].some((packets) => packets > 50);
  try {
    await pollUntil('traffic', () => isUnderWay() || undefined, { timeoutMs: patient(20_000), intervalMs: 20 });
    await section();
  } catch (error) {
    await traffic.stop();
    throw error;
  }
  return await traffic.stop();
}

/** What is under way arrives: packets wait for a processor, never for each other. */
export async function settle(): Promise<void> {
  await sleep(50);
}
