import { parseCidr } from '../../base/addresses.ts';
import type { AttachedPod } from './attached-pods.ts';
import type { DataplaneWorld } from './dataplane-world.ts';
import { threadProgram } from './thread-programs.ts';
import { readInternetArrivals, wrongSourcePackets, type InternetArrivals } from './traffic/internet-arrivals.ts';
import { startPodTraffic, type PodTraffic } from './traffic/pod-traffic.ts';
import { everyTraffic, type TrafficPlan, type TrafficPorts } from './traffic/traffic-plan.ts';

export interface TrafficClient extends Pick<PodTraffic, 'stop'> {
  readonly pod: AttachedPod;
  readonly ports: TrafficPorts;
}

export interface TrafficClients {
  /** `everyTraffic`, but for what `change` says. */
  start(pod: AttachedPod, change?: Partial<TrafficPlan>): Promise<TrafficClient>;
  arrivals(): Promise<InternetArrivals>;
  /** Packets of all clients so far that reached the internet host with a source outside the prefix, or untranslated. */
  wrongSourcePackets(): Promise<number>;
  /** Ends those that run. */
  end(): Promise<void>;
}

/** Clients in pods of the world, each with destination ports of its own: numbers from `first` on, which nobody else uses. */
export async function createTrafficClients({ context, egressPrefix }: DataplaneWorld, first = 0): Promise<TrafficClients> {
  const prefix = parseCidr(egressPrefix, 'egressIpPrefix');
  const internet = await readInternetArrivals(context);
  const program = threadProgram(context, 'traffic-thread');
  const running: PodTraffic[] = [];
  let count = 0;
  return {
    async start(pod, change = {}) {
      const ports = internet.portsOfClient(first + count);
      count += 1;
      const plan = { address: internet.address, ports, ...everyTraffic, ...change };
      const traffic = startPodTraffic(program, { namespacePath: pod.namespacePath, plan });
      running.push(traffic);
      await traffic.started;
      return { pod, ports, stop: async () => traffic.stop() };
    },
    arrivals: async () => readInternetArrivals(context),
    async wrongSourcePackets() {
      const arrivals = await readInternetArrivals(context);
      return (
        arrivals.untranslated +
        wrongSourcePackets(
          arrivals,
          Array.from({ length: count }, (_, index) => first + index),
          prefix,
        )
      );
    },
    async end() {
      await Promise.all(running.map(async (traffic) => traffic.end()));
    },
  };
}
