import { nodeLeft } from '../api/feature.ts';
import type { StaticGatewayConfiguration } from '../api/static-gateway-configuration.ts';
import type { GatewayState, WorkerInputs } from '../dataplane/model.ts';
import { defaultSettings, workerDevice } from '../dataplane/settings.ts';
import type { ProbeTarget } from '../tunnel-probe/prober.ts';
import type { Verdict } from '../tunnel-probe/detector.ts';
import { admit, type Knowledge } from './admission.ts';
import { sgcKeyOf, type AttachedPods, type RegisteredPod } from './attached-pods.ts';
import type { ChainGoal } from './chain-plugin.ts';
import type { NotReady } from './cluster-networks.ts';
import { departedPods } from './del.ts';
import { probedGateways } from './gateways.ts';
import { workerInputs } from './inputs.ts';
import { annotationProblem } from './pod-annotation.ts';
import type { PodFlows } from './pod-flows.ts';
import type { PodLinks } from './pod-links.ts';
import { podChanges, type PodTrouble } from './pod-watch.ts';
import { desiredSurroundings, withoutGateways, type OwnNode, type Surroundings } from './surroundings.ts';
import type { Watches } from './watches.ts';

interface WorkerStateOptions {
  readonly own: OwnNode;
  /** Bytes. */
  readonly uplinkMtu: number;
  readonly pods: AttachedPods;
  /** Whether `pods` came from a sound file. */
  readonly isComplete: boolean;
  /** What was known before the restart. */
  readonly surroundings: Surroundings | undefined;
  readonly watches: Pick<Watches, 'isRemoving' | 'isSynced' | 'view' | 'worker' | 'pods' | 'configuration'>;
  readonly links: PodLinks;
  readonly verdictOf: (number: number) => Verdict;
}

/** What has come of a look at the API server. */
interface Refreshment {
  /** Annotated pods that are not treated as their annotation asks. */
  readonly troubles: readonly PodTrouble[];
  /** Running pods whose annotation has taken effect. */
  readonly moved: readonly RegisteredPod[];
}

/** What the agent knows: the pods of its node, and the surroundings as the API server last had them. It waits for nothing. */
export class WorkerState implements Knowledge {
  readonly #options: WorkerStateOptions;
  /** Keys of SGCs that an ADD waits for, once for each. */
  readonly #waiting: string[] = [];
  /** Uids of pods that have passed ADD, and that the API server has not shown yet. */
  readonly #awaited = new Set<string>();
  #troubles: readonly PodTrouble[] = [];
  #surroundings: Surroundings | undefined;
  #notReady: NotReady | undefined;
  #isComplete: boolean;
  #isSynced = false;

  constructor(options: WorkerStateOptions) {
    this.#options = options;
    this.#surroundings = options.surroundings;
    this.#isComplete = options.isComplete;
  }

  get isSynced(): boolean {
    return this.#isSynced;
  }

  get isRemoving(): boolean {
    return this.#options.watches.isRemoving ?? false;
  }

  /** Nothing on the node needs anything of ours any more, and nothing new will. */
  get isLeaving(): boolean {
    const isIdle = this.#waiting.length === 0 && this.pods.every(({ phase }) => phase === 'gone');
    return this.isRemoving && this.#isSynced && isIdle;
  }

  /** `undefined`: it is not known yet whether the feature is being removed. */
  get chainGoal(): ChainGoal | undefined {
    if (this.#options.watches.isRemoving === undefined) return undefined;
    if (!this.isRemoving) return 'chained';
    return this.isLeaving ? 'uninstalled' : 'unchained';
  }

  /** Whether the registry names every pod that is ours. Until it does, nothing of it may reach the kernel, nor the disk. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  get notReady(): NotReady | undefined {
    return this.#notReady;
  }

  get surroundings(): Surroundings | undefined {
    return this.#surroundings;
  }

  get pods(): readonly RegisteredPod[] {
    return this.#options.pods.list();
  }

  /** Keys of SGCs that an ADD waits for, or a running pod that still has another one. */
  get waiting(): readonly string[] {
    const changing = this.#troubles.filter(({ kind }) => kind === 'unchanged');
    return [...this.#waiting, ...changing.flatMap(wantedKeys)];
  }

  get troubles(): readonly PodTrouble[] {
    return this.#troubles;
  }

  findConfiguration(key: string): StaticGatewayConfiguration | undefined {
    return this.#options.watches.configuration(key);
  }

  stateOf(gateway: number): GatewayState {
    const { verdictOf } = this.#options;
    const known = (this.#surroundings?.gateways ?? []).filter(({ number }) => number === gateway);
    return probedGateways(known, verdictOf)[0]?.state ?? 'dead';
  }

  /** A pod has passed ADD. */
  attach(pod: RegisteredPod): void {
    this.#options.pods.put(pod);
    if (!this.#options.watches.pods().some(({ metadata }) => metadata.uid === pod.uid)) this.#awaited.add(pod.uid);
  }

  /** A pod is on its way out, or was not attached after all. */
  detach(pod: RegisteredPod): void {
    this.#awaited.delete(pod.uid);
    if (pod.phase === 'leaving') this.#options.pods.put(pod);
    else this.#options.pods.remove(pod);
  }

  /** Counts an ADD that waits. The answer ends that. */
  wait(sgcKey: string): () => void {
    this.#waiting.push(sgcKey);
    return () => {
      this.#waiting.splice(this.#waiting.indexOf(sgcKey), 1);
    };
  }

  /** Takes over what the API server has now. */
  refresh(): Refreshment {
    const { watches, own, links, pods } = this.#options;
    if (!watches.isSynced) return { troubles: [], moved: [] };
    this.#isSynced = true;
    const desired = desiredSurroundings(watches.view(), own, this.#surroundings);
    this.#notReady = 'notReady' in desired ? desired.notReady : undefined;
    if ('surroundings' in desired) this.#surroundings = desired.surroundings;
    const present = watches.pods();
    for (const { metadata } of present) this.#awaited.delete(metadata.uid ?? '');
    // A node that has been left has no registry, and no pod that is ours.
    const isComplete = this.#isComplete || watches.worker()?.status?.reason === nodeLeft;
    const takesNew = !(this.isRemoving && isComplete);
    const { put, remove, troubles } = podChanges({
      pods: present,
      registered: this.pods,
      takesNew,
      awaited: this.#awaited,
      links,
      admission: (key) => admit(key, this),
    });
    for (const pod of put) pods.put(pod);
    for (const pod of remove) pods.remove(pod);
    this.#isComplete = true;
    this.#troubles = troubles;
    return { troubles, moved: put.filter(({ phase }) => phase === 'attached' || phase === 'detaching') };
  }

  /** Lets pods go that have no connection by a gateway any more. True when there were any. */
  endDetaching(flows: PodFlows): boolean {
    const detaching = this.pods.filter(({ phase }) => phase === 'detaching');
    if (detaching.length === 0) return false;
    const inUse = flows.usingGateways(detaching.map(({ address }) => address));
    const done = detaching.filter(({ address }) => !inUse.has(address));
    for (const pod of done) this.#options.pods.remove(pod);
    return done.length > 0;
  }

  /** Lets pods go whose link is gone. True when there were any. */
  sweep(): boolean {
    const departed = departedPods(this.pods, this.#options.links);
    for (const pod of departed) this.#options.pods.put(pod);
    return departed.length > 0;
  }

  /** What the kernel is to carry; `undefined`: not known, or not our matter, as on a gateway node. */
  inputs(): WorkerInputs | undefined {
    const { uplinkMtu, own, verdictOf } = this.#options;
    if (this.#surroundings === undefined || !this.#isComplete || this.#notReady?.reason === 'GatewayNode') return undefined;
    const surroundings = this.isRemoving ? withoutGateways(this.#surroundings) : this.#surroundings;
    return workerInputs(surroundings, { uplinkMtu, publicKey: own.publicKey, pods: this.pods, verdictOf });
  }

  /** The gateways of the SGCs that this worker is authorised to use. */
  probeTargets(): ProbeTarget[] {
    const { gateways = [], sgcs = [] } = (!this.isRemoving && this.#surroundings) || {};
    return gateways.flatMap(({ number, address, publicKey }) => {
      const groups = sgcs.map((sgc) => sgc.gateways).filter((group) => group.includes(number));
      if (groups.length === 0) return [];
      const alternatives = [...new Set(groups.flat())].filter((other) => other !== number).sort((a, b) => a - b);
      const { probePort: port, probeAddress: tunnelAddress } = defaultSettings;
      const device = workerDevice(defaultSettings, number);
      return [{ number, address, port, publicKey, device, tunnelAddress, alternatives }];
    });
  }
}

function wantedKeys(trouble: PodTrouble): string[] {
  if (trouble.kind === 'host-network' || annotationProblem(trouble.sgc)) return [];
  return [sgcKeyOf({ namespace: trouble.pod.metadata.namespace ?? '', sgc: trouble.sgc })];
}
