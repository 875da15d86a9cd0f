import type { AttachedPod, WorkerInputs } from '../dataplane/model.ts';
import type { Verdict } from '../tunnel-probe/detector.ts';
import { sgcKeyOf, type RegisteredPod } from './attached-pods.ts';
import { probedGateways } from './gateways.ts';
import type { Surroundings } from './surroundings.ts';

/** The key of no SGC: a pod that has it is guarded. */
const guardedKey = '';

interface OwnInputs {
  readonly uplinkMtu: number;
  readonly publicKey: string;
  readonly pods: readonly RegisteredPod[];
  readonly verdictOf: (number: number) => Verdict;
}

/** What the node's kernel is to carry. */
export function workerInputs(surroundings: Surroundings, { uplinkMtu, publicKey, pods, verdictOf }: OwnInputs): WorkerInputs {
  const { block, cluster, gateways, sgcs } = surroundings;
  return {
    uplinkMtu,
    publicKey,
    block,
    cluster,
    gateways: probedGateways(gateways, verdictOf),
    sgcs,
    pods: pods.filter(({ phase }) => phase !== 'gone').map(toAttachedPod),
  };
}

function toAttachedPod(pod: RegisteredPod): AttachedPod {
  const { uid, veth, address, phase } = pod;
  const sgc = phase === 'guarded' ? guardedKey : sgcKeyOf(pod);
  return { uid, veth, address, sgc, phase: phase === 'detaching' ? 'detaching' : 'attached' };
}
