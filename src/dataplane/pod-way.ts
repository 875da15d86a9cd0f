import { complementOf, rangesContain, toRanges, unionOf, type Range } from './intervals.ts';
import type { ClusterNetworks, Sgc, WorkerInputs } from './model.ts';
import { defaultSettings, type DataplaneSettings } from './settings.ts';
import { steer } from './steering.ts';

/** By which way what a pod begins leaves its node. */
export interface PodWay {
  /** Stands for its SGC. `undefined`: it has none that it can use, or is detaching. */
  readonly label: string | undefined;
  /** Destinations that it reaches by a gateway, or not at all. As `toRanges` returns them. */
  readonly through: readonly Range[];
  /** What it has begun by a gateway over TCP lives on, whatever `through` says: the pod is detaching. */
  readonly keepsTcp: boolean;
}

export interface SettledPod {
  readonly address: string;
  readonly way: PodWay;
}

/** A connection that a pod has begun, as conntrack has it. */
export interface Flow {
  readonly isTcp: boolean;
  /** Where it really goes: of a service, the backend. */
  readonly destination: string;
  /** To whom answers come: its source after translation. */
  readonly translatedTo: string;
  /** Our bits of the mark: the gateway's number, or 0. */
  readonly mark: number;
}

/** Whether a connection goes another way than it would if it began now. */
export function contradicts({ isTcp, destination, translatedTo, mark }: Flow, { label, through, keepsTcp }: PodWay): boolean {
  const isByGateway = mark !== 0;
  if (!rangesContain(through, destination)) return isByGateway && !(isTcp && keepsTcp);
  return !(isByGateway && translatedTo === label);
}

/** The ways of all pods of a worker, by their addresses. */
export function podWays(inputs: WorkerInputs, settings: DataplaneSettings = defaultSettings): ReadonlyMap<string, PodWay> {
  const outside = outsideOf(inputs.cluster, settings);
  const held: PodWay = { label: undefined, through: outside, keepsTcp: false };
  const bySgc = new Map<Sgc, PodWay>();
  const ways = new Map<string, PodWay>();
  for (const { pod, sgc } of steer(inputs).pods) {
    // Of two pods with one address, the other one is steered.
    if (sgc === undefined && ways.has(pod.address)) continue;
    if (pod.phase === 'detaching') ways.set(pod.address, sgc ? detaching : detached);
    else if (sgc === undefined) ways.set(pod.address, held);
    else ways.set(pod.address, wayOf(sgc.sgc, outside, bySgc));
  }
  return ways;
}

/** The pods of `after` whose way is not what it was in `before`; all of them without `before`. */
export function changedWays(
  before: WorkerInputs | undefined,
  after: WorkerInputs,
  settings: DataplaneSettings = defaultSettings,
): SettledPod[] {
  const earlier = before ? podWays(before, settings) : new Map<string, PodWay>();
  const areEqual = comparison();
  return [...podWays(after, settings)]
    .map(([address, way]) => ({ address, way }))
    .filter(({ address, way }) => !areEqual(earlier.get(address), way));
}

/** Pods of one SGC share their way, so that each is read once and not for every pod. */
function comparison(): (a: PodWay | undefined, b: PodWay) => boolean {
  const texts = new Map<PodWay, string>();
  const textOf = (way: PodWay): string => {
    const text = texts.get(way) ?? JSON.stringify(way);
    texts.set(way, text);
    return text;
  };
  return (a, b) => a === b || (a !== undefined && textOf(a) === textOf(b));
}

const detaching: PodWay = { label: undefined, through: [], keepsTcp: true };
/** Detaching, but its SGC is gone. */
const detached: PodWay = { ...detaching, keepsTcp: false };

function outsideOf({ nodes, pods, services }: ClusterNetworks, { localNetworks }: DataplaneSettings): Range[] {
  return complementOf(toRanges([...nodes, ...pods, ...services, ...localNetworks]));
}

function wayOf(sgc: Sgc, outside: readonly Range[], known: Map<Sgc, PodWay>): PodWay {
  const way = known.get(sgc) ?? { label: sgc.label, through: throughOf(sgc, outside), keepsTcp: false };
  known.set(sgc, way);
  return way;
}

function throughOf({ excludeCidrs, defaultRoute }: Sgc, outside: readonly Range[]): Range[] {
  const excluded = toRanges(excludeCidrs);
  const direct = unionOf(complementOf(outside), defaultRoute === 'azureNetworking' ? complementOf(excluded) : excluded);
  return complementOf(direct);
}
