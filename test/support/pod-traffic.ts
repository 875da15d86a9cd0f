import { startPodTraffic, type PodTraffic } from '../../src/cli/bench/traffic/pod-traffic.ts';
import { podNamespacePath } from '../../src/cli/bench/traffic/pod-namespace.ts';
import { everyTraffic, type TrafficPlan, type TrafficPorts } from '../../src/cli/bench/traffic/traffic-plan.ts';
import { fabricSettings } from '../../src/region/fabric/fabric-settings.ts';
import { internetServicePorts } from '../../src/region/fabric/internet-rules.ts';
import { kubectl } from './installation.ts';

const program = new URL('../../src/cmd/traffic-thread.ts', import.meta.url);

/** Ports of the internet host for the client with this number, 0 to 9,999, and for no other. */
export function portsOfClient(client: number): TrafficPorts {
  const [echo, download, upload] = internetServicePorts.map(({ range: [first] }) => first + client);
  return { echo: echo ?? 0, download: download ?? 0, upload: upload ?? 0 };
}

/** All kinds of traffic from a pod to the internet host, until it is stopped. */
export async function startTraffic(
  pod: { readonly namespace: string; readonly name: string },
  client: number,
  change: Partial<TrafficPlan> = {},
): Promise<PodTraffic> {
  const uid = await kubectl('get', 'pod', '--namespace', pod.namespace, pod.name, '--output', 'jsonpath={.metadata.uid}');
  const plan: TrafficPlan = {
    address: fabricSettings.internetAddress,
    ports: portsOfClient(client),
    ...everyTraffic,
    connectionIntervalMs: 50,
    ...change,
  };
  const traffic = startPodTraffic(program, { namespacePath: await podNamespacePath(uid), plan });
  await traffic.started;
  return traffic;
}
