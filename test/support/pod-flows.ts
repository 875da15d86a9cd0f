import { run } from '../../src/base/exec.ts';
import { pollUntil } from '../../src/base/poll.ts';
import { connectInNetns } from '../../src/linux/netns-connection.ts';
import { fabricSettings } from '../../src/region/fabric/fabric-settings.ts';
import type { TrafficPorts } from '../../src/cli/bench/traffic/traffic-plan.ts';

const connectLimitMs = 1000;
const patience = { timeoutMs: 45_000, intervalMs: 200 };

interface PodPlace {
  /** Of the pod's network namespace, as the host sees it. */
  readonly namespacePath: string;
  readonly address: string;
}

/** Waits until the internet host takes a new connection of the pod. */
export async function awaitConnection(pod: PodPlace, port: number): Promise<void> {
  await pollUntil('a new connection', async () => ((await canConnect(pod, port)) ? true : undefined), patience);
}

async function canConnect({ namespacePath, address: from }: PodPlace, port: number): Promise<boolean> {
  const socket = connectInNetns(namespacePath, { from, address: fabricSettings.internetAddress, port });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.setTimeout(connectLimitMs, () => resolve(false));
  socket.once('connect', () => resolve(true));
  socket.once('error', () => resolve(false));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

/**
 * Waits until at most one connection of the pod to these ports, the idle one, has heard nothing for `silentMs`: a sender that has tried in
 * vain for a while waits as long before it tries again. Returns how many are silent then.
 */
export async function awaitFlows(pod: PodPlace, ports: TrafficPorts, silentMs: number): Promise<number> {
  return pollUntil(
    'the connections that live',
    async (note) => {
      const silent = (await readSilences(pod, ports)).filter((ms) => ms > silentMs);
      note(`silent for ${silent.join(', ')} ms`);
      return silent.length > 1 ? undefined : silent.length;
    },
    patience,
  );
}

/** For each established connection of the pod: milliseconds since the internet host was last heard, as the kernel has it. */
async function readSilences({ namespacePath }: PodPlace, ports: TrafficPorts): Promise<readonly number[]> {
  const [echo, ...others] = Object.values(ports).map((port: number) => ['dport', '=', `:${String(port)}`]);
  const filter = [...(echo ?? []), ...others.flatMap((other) => ['or', ...other])];
  const text = await run('nsenter', [`--net=${namespacePath}`, 'ss', '-tinH', 'state', 'established', '(', ...filter, ')']);
  return [...text.matchAll(/\blastack:(\d+)/g)].map((match) => Number(match[1]));
}
