import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { systemNamespace } from '../../../api/names.ts';
import { hostClockMs } from '../../../base/host-clock.ts';
import { pollUntil } from '../../../base/poll.ts';
import { inStep } from '../../../base/progress.ts';
import { awaitGateways, isOwn } from '../attached-pods.ts';
import type { Benchmark, BenchmarkOptions } from '../benchmark.ts';
import { toFigure, type Figure } from '../figure.ts';
import type { DataplaneWorld } from '../dataplane-world.ts';
import { inTrafficScene, type TrafficScene } from '../traffic-scene.ts';
import { disturbanceOf, type Disturbance } from '../traffic/disturbance.ts';
import type { TrafficPlan } from '../traffic/traffic-plan.ts';
import { tunnelKind } from '../tunnel-processes.ts';
import { soakFaults, type SoakFault } from './soak-faults.ts';

interface Strike {
  readonly fault: string;
  /** One for each pod. */
  readonly disturbances: readonly Disturbance[];
  /** Pods whose UDP and new connections were not answered at the end. */
  readonly silentPods: number;
}

const minuteMs = 60_000;
/** Six clients on a small machine. */
const pace: Partial<TrafficPlan> = { udpIntervalMs: 20, connectionIntervalMs: 100 };
const settleMs = 1000;
/** After a fault: what is restarted by kubelet is back, and what waits between attempts has tried again. */
const recoveryMs = 3000;
/** Everybody must have had an answer so short a time before the end. */
const lastWordMs = 2000;

/** E9 over half an hour of faults of all kinds, one at a time, under the traffic of every pod. */
export const soakBenchmark: Benchmark = {
  name: 'soak',
  description: 'faults of all kinds under traffic, for as many minutes as --runs says: no wrong source, pods work on (E9)',
  defaultRuns: 30,
  run: async (context, options) =>
    inTrafficScene(context, options, async (scene) => {
      const strikes = await strikeFor(scene, options);
      const { gateways, context: own } = scene.world;
      options.tell({
        minutes: options.runs,
        faults: strikes.length,
        wrongSourcePackets: await scene.clients.wrongSourcePackets(),
        silentPods: strikes.reduce((total, { silentPods }) => total + silentPods, 0),
        gateways: gateways.length,
        tunnel: await tunnelKind(own.settings),
      });
      return soakFaults.flatMap(({ name }) => figuresOf(strikes.filter(({ fault }) => fault === name)));
    }),
};

async function strikeFor(scene: TrafficScene, { runs: minutes, progress }: BenchmarkOptions): Promise<readonly Strike[]> {
  const endMs = hostClockMs() + minutes * minuteMs;
  const strikes: Strike[] = [];
  for (let turn = 0; hostClockMs() < endMs; turn += 1)
    for (const fault of soakFaults) {
      if (hostClockMs() >= endMs) break;
      strikes.push(await inStep(progress, fault.name, async () => strike(scene, fault, turn)));
    }
  return strikes;
}

/** All pods leave by their gateways again when it returns. */
export async function strike(scene: TrafficScene, fault: SoakFault, turn: number): Promise<Strike> {
  const { world, pods, clients } = scene;
  const { signal } = world.context;
  const running = await Promise.all(pods.map(async (pod) => clients.start(pod, pace)));
  await sleep(settleMs, undefined, { signal });
  const beganMs = hostClockMs();
  await fault.strike(scene, turn);
  await sleep(recoveryMs, undefined, { signal });
  await awaitAgents(world);
  await awaitGateways(world, pods, isOwn);
  await sleep(lastWordMs + settleMs, undefined, { signal });
  const endMs = hostClockMs();
  const reports = await Promise.all(running.map(async (client) => client.stop()));
  const lastWords = reports.map((report) => disturbanceOf(report, endMs - lastWordMs, endMs));
  return {
    fault: fault.name,
    disturbances: reports.map((report) => disturbanceOf(report, beganMs, endMs)),
    silentPods: lastWords.filter((end) => silenceOf(end) >= lastWordMs).length,
  };
}

const daemonSets = z.object({
  items: z.array(z.object({ status: z.object({ desiredNumberScheduled: z.int(), numberReady: z.int() }) })),
});

/** Every node has its agents again. */
async function awaitAgents({ kubectl, context: { signal } }: DataplaneWorld): Promise<void> {
  await pollUntil(
    'the agents run',
    async () => {
      const { items } = daemonSets.parse(await kubectl.json(['get', 'daemonsets', '--namespace', systemNamespace]));
      return items.every(({ status }) => status.numberReady === status.desiredNumberScheduled) ? true : undefined;
    },
    { timeoutMs: 60_000, intervalMs: 500, signal },
  );
}

/** Of UDP and of new connections, whichever is longer. */
function silenceOf({ udpSilenceMs, newTcpGapMs = 0 }: Disturbance): number {
  return Math.max(newTcpGapMs, ...udpSilenceMs);
}

function figuresOf(strikes: readonly Strike[]): readonly Figure[] {
  const [first] = strikes;
  if (first === undefined) return [];
  const figure = (what: string, unit: string, of: (one: Disturbance) => number): Figure =>
    toFigure({
      name: `${first.fault}: ${what}`,
      unit,
      target: '-',
      values: strikes.flatMap(({ disturbances }) => disturbances.map((one) => Math.round(of(one)))),
    });
  return [
    figure('longest UDP silence of a pod', 'ms', ({ udpSilenceMs }) => Math.max(...udpSilenceMs)),
    figure('longest gap between new TCP connections of a pod', 'ms', ({ newTcpGapMs = 0 }) => newTcpGapMs),
    figure('established TCP connections of a pod that ended', 'connections', ({ resetMs }) => resetMs.length),
    figure('new TCP connections of a pod that failed', 'connections', ({ failedConnections }) => failedConnections),
  ];
}
