import type { PodEndpoint, PodEndpointSpec } from '../api/pod-endpoint.ts';
import { podEndpointKind } from '../api/pod-endpoint.ts';
import { fieldManagers } from '../api/names.ts';
import type { GatewayVmConfiguration } from '../api/gateway-vm-configuration.ts';
import { messageOf } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import { chooseGateway, servingGateways } from '../dataplane/spread.ts';
import type { Gateway } from '../dataplane/model.ts';
import { isError } from '../kube/api-error.ts';
import type { KubeClient } from '../kube/client.ts';
import { pause, systemClock, type Clock } from '../kube/clock.ts';
import { parseKey } from '../kube/object.ts';
import { sgcKeyOf, type RegisteredPod } from './attached-pods.ts';
import { annotationProblem } from './pod-annotation.ts';
import type { PodTrouble } from './pod-watch.ts';
import type { Surroundings } from './surroundings.ts';

/** A PodEndpoint without the time, by `namespace/name`. */
export type DesiredEndpoints = ReadonlyMap<string, Omit<PodEndpointSpec, 'since'>>;

interface EndpointFacts {
  readonly nodeName: string;
  readonly pods: readonly RegisteredPod[];
  readonly troubles: readonly PodTrouble[];
  readonly surroundings: Surroundings;
  /** In their present state. */
  readonly gateways: readonly Gateway[];
  readonly vmConfigurations: readonly GatewayVmConfiguration[];
}

type Way = Pick<PodEndpointSpec, 'gateway' | 'egressAddress' | 'reason' | 'message'>;

/** How each pod of ours leaves the cluster now: the same choice as the dataplane makes. */
export function desiredEndpoints(facts: EndpointFacts): DesiredEndpoints {
  const troubles = new Map(facts.troubles.map((trouble) => [trouble.pod.metadata.uid, trouble]));
  const entries = facts.pods.flatMap((pod) => {
    const state = states[pod.phase];
    if (!state || annotationProblem(pod.sgc)) return [];
    const { uid: podUid, sgc: staticGatewayConfiguration, address: podAddress } = pod;
    const way = { ...(state === 'Attached' && wayOf(pod, facts)), ...explained(troubles.get(podUid)) };
    const spec = { staticGatewayConfiguration, podUid, nodeName: facts.nodeName, podAddress, state, ...way };
    return [[`${pod.namespace}/${pod.name}`, spec] as const];
  });
  return new Map(entries);
}

const states: Readonly<Partial<Record<RegisteredPod['phase'], NonNullable<PodEndpointSpec['state']>>>> = {
  attached: 'Attached',
  guarded: 'Guarded',
  detaching: 'Detaching',
};

function wayOf(pod: RegisteredPod, { surroundings, gateways, vmConfigurations }: EndpointFacts): Way {
  const sgc = surroundings.sgcs.find(({ key }) => key === sgcKeyOf(pod));
  if (!sgc) return {};
  const own = gateways.filter(({ number }) => sgc.gateways.includes(number));
  if (sgc.spread === 'perConnection') return takingTurns(servingGateways(own).length);
  const chosen = chooseGateway(pod.uid, own);
  const node = chosen && surroundings.gateways.find(({ number }) => number === chosen.number)?.node;
  if (node === undefined) return {};
  const egressAddress = egressAddressOf(sgc.key, node, vmConfigurations);
  return { gateway: node, ...(egressAddress !== undefined && { egressAddress }) };
}

function egressAddressOf(sgcKey: string, node: string, configurations: readonly GatewayVmConfiguration[]): string | undefined {
  const { status } = configurations.find(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}` === sgcKey) ?? {};
  const profile = status?.gatewayVmProfiles?.find(({ nodeName }) => nodeName === node);
  return profile?.publicAddress ?? profile?.secondaryAddress;
}

function takingTurns(count: number): Way {
  return count === 0 ? {} : { message: `New connections take turns over the ${String(count)} gateways that serve.` };
}

const maxMessage = 1024;

function explained(trouble: PodTrouble | undefined): Way {
  if (!trouble || trouble.kind === 'host-network') return {};
  const { code, message, remedy } = trouble.error;
  return { reason: code, message: `${message}. ${remedy}`.slice(0, maxMessage) };
}

export interface EndpointWriterOptions {
  readonly client: KubeClient;
  readonly log: Logger;
  readonly clock?: Clock;
  /** Default 20. */
  readonly writesPerSecond?: number;
}

const defaultWritesPerSecond = 20;
const retryMs = 5000;

/** Writes PodEndpoints, at most so many a second: of a pod that changes often, only the last state. Nothing waits for it. */
export class EndpointWriter {
  readonly #options: EndpointWriterOptions;
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  readonly #written = new Map<string, string>();
  #desired: DesiredEndpoints = new Map();
  #isRunning = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: EndpointWriterOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  set(desired: DesiredEndpoints): void {
    this.#desired = desired;
    if (!this.#isRunning) this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the writer of PodEndpoints was stopped'));
    await this.#running;
  }

  /** In rounds: what fails is tried again in the next one, a while later. */
  async #run(): Promise<void> {
    this.#isRunning = true;
    const { signal } = this.#stopping;
    const { writesPerSecond = defaultWritesPerSecond } = this.#options;
    for (let keys = this.#outdated(); keys.length > 0 && !signal.aborted; keys = this.#outdated()) {
      let hasFailed = false;
      for (const key of keys) {
        if (signal.aborted) break;
        if (!(await this.#bringUpToDate(key))) hasFailed = true;
        await pause(this.#clock, 1000 / writesPerSecond, signal);
      }
      if (hasFailed) await pause(this.#clock, retryMs, signal);
    }
    this.#isRunning = false;
  }

  /** The keys whose objects are not as they should be. */
  #outdated(): string[] {
    const changed = [...this.#desired].filter(([key, spec]) => this.#written.get(key) !== JSON.stringify(spec));
    return [...changed.map(([key]) => key), ...[...this.#written.keys()].filter((key) => !this.#desired.has(key))];
  }

  async #bringUpToDate(key: string): Promise<boolean> {
    const spec = this.#desired.get(key);
    try {
      await this.#write(key, spec);
    } catch (error) {
      if (this.#stopping.signal.aborted) return false;
      this.#options.log.warn({ podEndpoint: key, error: messageOf(error) }, 'PodEndpoint not written, will be tried again');
      return false;
    }
    if (spec) this.#written.set(key, JSON.stringify(spec));
    else this.#written.delete(key);
    return true;
  }

  async #write(key: string, spec: Omit<PodEndpointSpec, 'since'> | undefined): Promise<void> {
    const { client } = this.#options;
    const { signal } = this.#stopping;
    const objectKey = parseKey(key);
    const before = await client.find(podEndpointKind, objectKey, { signal });
    if (!spec) {
      if (before) await client.delete(podEndpointKind, objectKey, { ...uidOf(before), signal });
      return;
    }
    const since = sameWay(before?.spec, spec) ? before?.spec.since : undefined;
    const object = {
      metadata: { ...objectKey, ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: objectKey.name, uid: spec.podUid }] },
      spec: { ...spec, since: since ?? this.#clock.wallTime().toISOString() },
    };
    try {
      await client.apply(podEndpointKind, object, { fieldManager: fieldManagers.workerAgent, signal });
    } catch (error) {
      // A namespace that is being deleted takes no new objects.
      if (!isError(error, 'Forbidden', 'NotFound')) throw error;
    }
  }
}

function uidOf({ metadata: { uid } }: PodEndpoint): { readonly uid?: string } {
  return uid === undefined ? {} : { uid };
}

function sameWay(before: PodEndpointSpec | undefined, spec: Omit<PodEndpointSpec, 'since'>): boolean {
  return (
    before?.podUid === spec.podUid &&
    before.state === spec.state &&
    before.gateway === spec.gateway &&
    before.egressAddress === spec.egressAddress
  );
}
