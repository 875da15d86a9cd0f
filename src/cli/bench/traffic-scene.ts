import { inStep, type Progress } from '../../base/progress.ts';
import { startPodsOnEveryGateway, type AttachedPod } from './attached-pods.ts';
import type { BenchmarkOptions } from './benchmark.ts';
import type { Context } from '../context.ts';
import { inDataplaneWorld, type DataplaneWorld } from './dataplane-world.ts';
import { startPartitions, type Partitions } from './partition.ts';
import { createTrafficClients, type TrafficClients } from './traffic-clients.ts';

/** A world with pods on every gateway, clients for them, and scissors for links. */
export interface TrafficScene {
  readonly world: DataplaneWorld;
  /** One on each gateway, of each worker. */
  readonly pods: readonly AttachedPod[];
  readonly clients: TrafficClients;
  readonly partitions: Partitions;
}

const gateways = 3;

/** Runs `measure` in a scene of its own, and leaves nothing of it. */
export async function inTrafficScene<T>(
  context: Context,
  { progress }: Pick<BenchmarkOptions, 'progress'>,
  measure: (scene: TrafficScene) => Promise<T>,
): Promise<T> {
  return inDataplaneWorld(context, { gateways, progress }, async (world) => withTraffic(world, { progress }, measure));
}

interface TrafficOptions {
  readonly progress: Progress;
  /** The number of the first client: where other clients were before. */
  readonly firstClient?: number;
}

/** The same in a world that there is. The pods stay. */
export async function withTraffic<T>(
  world: DataplaneWorld,
  { progress, firstClient }: TrafficOptions,
  measure: (scene: TrafficScene) => Promise<T>,
): Promise<T> {
  const pods = await startPodsOnEveryGateway(world, progress);
  const clients = await createTrafficClients(world, firstClient);
  const partitions = await startPartitions(world.context);
  try {
    return await measure({ world, pods, clients, partitions });
  } finally {
    await Promise.all([clients.end(), partitions.stop()]);
  }
}

interface Repetition {
  readonly runs: number;
  readonly progress: Progress;
  readonly title: string;
}

/** Runs one after the other, each with the next gateway as its victim. */
export async function overGateways<T>(
  scene: TrafficScene,
  { runs, progress, title }: Repetition,
  run: (scene: TrafficScene, victim: string) => Promise<T>,
): Promise<readonly T[]> {
  const { gateways: nodes } = scene.world;
  const done: T[] = [];
  for (let index = 0; index < runs; index += 1) {
    const step = `${title}, run ${String(index + 1)} of ${String(runs)}`;
    done.push(await inStep(progress, step, async () => run(scene, nodes[index % nodes.length] ?? '')));
  }
  return done;
}
