import type { GatewayStatus, GatewayStatusStatus } from '../api/gateway-status.ts';
import { systemNamespace } from '../api/names.ts';
import { SegwError } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import type { Host } from '../dataplane/host.ts';
import { defaultSettings, type DataplaneSettings } from '../dataplane/settings.ts';
import type { KubeClient } from '../kube/client.ts';
import { systemClock, withLimit, type Clock } from '../kube/clock.ts';
import { toTime } from '../kube/conditions.ts';
import { startHeartbeat } from '../kube/lease.ts';
import type { Responder } from '../tunnel-probe/responder.ts';
import { followCluster, type FollowedCluster } from './cluster-view.ts';
import type { DrainState } from './drain.ts';
import { GatewayDrain, type DrainPlan } from './gateway-drain.ts';
import { startGatewayPlane, type GatewayPlane, type Pass, type PlaneState, type ProgrammeStore } from './gateway-plane.ts';
import { desiredStatus, probeAnswer } from './gateway-status.ts';
import { planGateway, type Plan, type Programme } from './inputs.ts';
import type { WatchKernel } from './kernel-change.ts';
import { startStatusWriter, type StatusWriter } from './status-writer.ts';
import type { Uplink } from './uplink.ts';

export interface GatewayAgentOptions {
  readonly nodeName: string;
  readonly nodeAddress: string;
  /** Of the node; `host` knows the private key. */
  readonly publicKey: string;
  readonly client: KubeClient;
  readonly host: Host;
  readonly uplink: Uplink;
  readonly watchKernel: WatchKernel;
  /** Where what is programmed is remembered over a restart, and what an earlier agent remembered there. */
  readonly store: ProgrammeStore;
  readonly remembered: Programme | undefined;
  /** Told who may ask how the gateway is, and what the answer is. */
  readonly responder: Pick<Responder, 'setWorkers' | 'setAnswer'>;
  readonly drain: DrainPlan;
  readonly onPass?: (state: PlaneState, pass: Pass) => void;
  readonly settings?: DataplaneSettings;
  readonly clock?: Clock;
  readonly log: Logger;
}

/** Whoever watches the agent's lease takes it for dead so long after the last renewal. */
const leaseSeconds = 20;

/** Serves SGCs on one gateway node, from now on. */
export function startGatewayAgent(options: GatewayAgentOptions): GatewayAgent {
  return new GatewayAgent(options);
}

/** Joins what the API server says, the kernel and the status. */
export class GatewayAgent {
  readonly #options: GatewayAgentOptions;
  readonly #settings: DataplaneSettings;
  readonly #clock: Clock;
  readonly #cluster: FollowedCluster;
  readonly #plane: GatewayPlane;
  readonly #status: StatusWriter;
  readonly #removed = Promise.withResolvers<void>();
  readonly #drain: GatewayDrain;
  #heartbeat: { stop(): Promise<void> } | undefined;
  #isRemoving = false;

  constructor(options: GatewayAgentOptions) {
    const { client, host, remembered, store, watchKernel, publicKey, log } = options;
    this.#options = options;
    this.#settings = options.settings ?? defaultSettings;
    this.#clock = options.clock ?? systemClock;
    this.#cluster = followCluster({ client, nodeName: options.nodeName, log, onChange: () => this.#onChange() });
    this.#plane = startGatewayPlane({
      host,
      plan: () => this.#plan(),
      // A key that is no longer ours cannot be programmed.
      remembered: remembered?.inputs.publicKey === publicKey ? remembered : undefined,
      store,
      watchKernel,
      onPass: (state, pass) => this.#onPass(state, pass),
      settings: this.#settings,
      clock: this.#clock,
      log,
    });
    this.#status = startStatusWriter({
      client,
      find: () => this.#cluster.gatewayStatus,
      desired: (current) => this.#desiredStatus(current),
      clock: this.#clock,
      log,
    });
    this.#drain = new GatewayDrain({
      plan: options.drain,
      isCordoned: () => (this.#cluster.isSynced ? this.#cluster.isCordoned : undefined),
      isLabel: (source) => this.#isLabel(source),
      onChange: () => this.#onDrain(),
      clock: this.#clock,
      log,
    });
    this.#drain.update();
  }

  /** Why the gateway does not serve, in a line; `undefined`: it does, or has nothing to do any more. */
  whyNotReady(): string | undefined {
    const { trouble } = this.#plane.state;
    return trouble === undefined || trouble.reason === 'Removed' ? undefined : `${trouble.reason}: ${trouble.message}`;
  }

  /** Whether, and why, new connections are to go elsewhere, and whether old ones are left. */
  get drainState(): DrainState {
    return this.#drain.state;
  }

  /** Says, in status and probe replies, that the gateway leaves. The connections that it has live on until `remove`. */
  announceRemoval(): void {
    this.#drain.announceRemoval();
  }

  /** Takes everything out of the kernel. Throws `Timeout` when that has not succeeded within `limitMs`. */
  async remove(limitMs: number): Promise<void> {
    this.#isRemoving = true;
    this.#plane.replan();
    const limit = { what: 'take everything out of the kernel', limitMs, signal: new AbortController().signal };
    await withLimit(this.#clock, limit, async (signal) => {
      const { promise, reject } = Promise.withResolvers<never>();
      signal.addEventListener('abort', () => reject(toError(signal.reason)), { once: true });
      await Promise.race([this.#removed.promise, promise]);
    });
  }

  /** Ends the agent and nothing else: the kernel stays as it is, so that no connection ends with it. */
  async stop(): Promise<void> {
    await this.#drain.stop();
    await this.#plane.stop();
    await this.#status.stop();
    await Promise.all([this.#heartbeat?.stop(), this.#cluster.stop()]);
  }

  #onChange(): void {
    this.#drain.update();
    this.#plane.replan();
    this.#status.update();
    const { gatewayStatus } = this.#cluster;
    if (gatewayStatus !== undefined) this.#heartbeat ??= this.#startHeartbeat(gatewayStatus);
  }

  #onPass(state: PlaneState, pass: Pass): void {
    this.#options.onPass?.(state, pass);
    this.#tellResponder();
    this.#status.update();
    if (state.trouble?.reason === 'Removed') this.#removed.resolve();
  }

  #onDrain(): void {
    this.#tellResponder();
    this.#status.update();
  }

  #isLabel(source: string): boolean {
    const workers = this.#plane.state.programmed?.inputs.workers ?? [];
    return workers.some(({ labels }) => labels.some(({ address }) => address === source));
  }

  #tellResponder(): void {
    const { responder } = this.#options;
    const { state: plane } = this.#plane;
    responder.setWorkers(plane.programmed?.inputs.workers.map(({ publicKey }) => publicKey) ?? []);
    responder.setAnswer(probeAnswer({ plane, drain: this.#drain.state }));
  }

  #plan(): Plan | undefined {
    if (this.#isRemoving) return { kind: 'remove' };
    if (!this.#cluster.isSynced) return undefined;
    const { nodeName, nodeAddress, publicKey, uplink } = this.#options;
    const { gatewayStatus, vmConfigurations, workers, isRemoving } = this.#cluster;
    return planGateway({
      nodeName,
      nodeAddress,
      publicKey,
      uplink: uplink.find(),
      gatewayStatus,
      vmConfigurations,
      workers,
      isRemoving,
    });
  }

  #desiredStatus(current: GatewayStatus): GatewayStatusStatus | undefined {
    const plane = this.#plane.state;
    // What an earlier agent has said stays until this one knows better.
    if (plane.trouble?.reason === 'Starting') return undefined;
    const endpoint = `${this.#options.nodeAddress}:${String(this.#settings.gatewayPort)}`;
    const facts = { plane, drain: this.#drain.state, publicKey: this.#options.publicKey, endpoint };
    return desiredStatus(current, facts, toTime(this.#clock.wallTime()));
  }

  #startHeartbeat({ metadata }: GatewayStatus): { stop(): Promise<void> } {
    const { client, nodeName, log } = this.#options;
    // The lease goes with the node, as the GatewayStatus does.
    const owner = metadata.ownerReferences?.[0];
    return startHeartbeat({
      client,
      key: { namespace: systemNamespace, name: `gateway-${nodeName}` },
      holderIdentity: nodeName,
      durationSeconds: leaseSeconds,
      ...(owner && { owner }),
      clock: this.#clock,
      log,
    });
  }
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new SegwError('Internal', String(reason));
}
