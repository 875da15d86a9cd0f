import { setTimeout as sleep } from 'node:timers/promises';
import { systemNamespace } from '../../../api/names.ts';
import type { Context } from '../../context.ts';
import { callLocal } from '../../aks/local-request.ts';
import { processOn, type NodeProgram } from '../node-processes.ts';
import type { TrafficScene } from '../traffic-scene.ts';
import { tunnelProcesses } from '../tunnel-processes.ts';

/** Something that goes wrong, and is right again when `strike` returns. */
export interface SoakFault {
  readonly name: string;
  /** `turn` counts the strikes of this fault: each hits another victim. */
  strike(scene: TrafficScene, turn: number): Promise<void>;
}

/** Longer than any verdict, shorter than any lease. */
const partitionMs = 3000;
const lossMs = 5000;
const lossPercent = 3;

/** In turn, until the time is over. */
export const soakFaults: readonly SoakFault[] = [
  { name: 'a gateway is cut off', strike: async (scene, turn) => cutOff(scene, [of(scene.world.gateways, turn)]) },
  killed('worker-agent', 'workers'),
  {
    name: 'all gateways but one are cut off',
    strike: async (scene, turn) =>
      cutOff(
        scene,
        scene.world.gateways.filter((gateway) => gateway !== of(scene.world.gateways, turn)),
      ),
  },
  killed('gateway-agent', 'gateways'),
  deleted('worker-agent', 'workers'),
  {
    name: `${String(lossPercent)} % of a gateway's packets are lost`,
    strike: async ({ world: { context, gateways }, partitions }, turn) => {
      const body = { kind: 'loss', percent: lossPercent, from: of(gateways, turn), to: 'any' };
      await callLocal(context, { method: 'POST', path: '/local/faults', body });
      await pause(context, lossMs);
      await partitions.heal();
    },
  },
  { name: "a worker's tunnel process is killed", strike: async (scene, turn) => killTunnel(scene, scene.world.workers, turn) },
  {
    name: 'the way between a worker and a gateway is cut',
    async strike({ world: { context, workers, gateways }, partitions }, turn) {
      const body = { kind: 'partition', from: of(workers, turn), to: of(gateways, turn) };
      await callLocal(context, { method: 'POST', path: '/local/faults', body });
      await pause(context, partitionMs);
      await partitions.heal();
    },
  },
  { name: "a gateway's tunnel process is killed", strike: async (scene, turn) => killTunnel(scene, scene.world.gateways, turn) },
  deleted('gateway-agent', 'gateways'),
  { name: 'all gateways are cut off', strike: async (scene) => cutOff(scene, scene.world.gateways) },
];

async function cutOff({ world, partitions }: TrafficScene, gateways: readonly string[]): Promise<void> {
  for (const gateway of gateways) await partitions.cut(gateway);
  await pause(world.context, partitionMs);
  await partitions.heal();
}

function killed(program: NodeProgram, place: 'workers' | 'gateways'): SoakFault {
  return {
    name: `a ${program} is killed`,
    async strike({ world }, turn) {
      process.kill(await processOn(world.context.settings, program, of(world[place], turn)), 'SIGKILL');
    },
  };
}

/** Each pod is killed once and then replaced, so that no kubelet makes it wait. */
function deleted(program: NodeProgram, place: 'workers' | 'gateways'): SoakFault {
  return {
    name: `the pod of a ${program} is deleted`,
    async strike({ world }, turn) {
      const node = of(world[place], turn);
      const which = [`--selector=app.kubernetes.io/name=segw-${program}`, `--field-selector=spec.nodeName=${node}`];
      await world.kubectl.run(['delete', 'pod', '--namespace', systemNamespace, ...which]);
    },
  };
}

/** The kernel's own tunnels have no process. */
async function killTunnel({ world }: TrafficScene, machines: readonly string[], turn: number): Promise<void> {
  const pids = await tunnelProcesses(world.context.settings, of(machines, turn));
  if (pids.length > 0) process.kill(of(pids, turn), 'SIGKILL');
}

async function pause({ signal }: Context, ms: number): Promise<void> {
  await sleep(ms, undefined, { signal });
}

function of<T>(list: readonly T[], turn: number): T {
  const one = list[turn % list.length];
  if (one === undefined) throw new RangeError('an empty list has no turns');
  return one;
}
