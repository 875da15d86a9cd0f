import { isDeepStrictEqual } from 'node:util';
import { systemNamespace } from '../api/names.ts';
import { messageOf } from '../base/error.ts';
import { hostClockMs } from '../base/host-clock.ts';
import type { JsonFile } from '../base/json-file.ts';
import type { KeyFile } from '../base/key-file.ts';
import type { Logger } from '../base/log.ts';
import type { Invocation } from '../cni/invocation.ts';
import type { Host } from '../dataplane/host.ts';
import type { KernelChange } from '../dataplane/kernel-change.ts';
import type { WorkerInputs } from '../dataplane/model.ts';
import { defaultSettings } from '../dataplane/settings.ts';
import type { KubeClient } from '../kube/client.ts';
import { startHeartbeat } from '../kube/lease.ts';
import type { Verdict } from '../tunnel-probe/detector.ts';
import type { Prober, ProbeObserver } from '../tunnel-probe/prober.ts';
import { add, podOf, type Attaching } from './add.ts';
import { admit } from './admission.ts';
import { AttachedPods, type RegisteredPod } from './attached-pods.ts';
import { Background } from './background.ts';
import { startPluginChain, type ChainGoal, type ChainState, type PluginChain } from './chain-plugin.ts';
import { startCniServer, type CniServer } from './cni-server.ts';
import { stateFiles, type WorkerAgentConfig } from './config.ts';
import { leavingPods } from './del.ts';
import { removesLink, touchesPlane, type WatchKernel } from './kernel-change.ts';
import { LastVerdicts } from './last-verdicts.ts';
import { createMetrics, type WorkerMetrics } from './metrics.ts';
import { NodeRemoval } from './node-removal.ts';
import { Plane } from './plane.ts';
import { desiredEndpoints, EndpointWriter } from './pod-endpoints.ts';
import { startPodEvents, type PodEvents } from './pod-events.ts';
import type { PodFlows } from './pod-flows.ts';
import type { PodLinks } from './pod-links.ts';
import { StatusWriter } from './status-writer.ts';
import { openSurroundingsFile } from './surroundings-file.ts';
import type { Surroundings } from './surroundings.ts';
import { removeWants } from './tunnel-wants.ts';
import { Watches } from './watches.ts';
import { WorkerState } from './worker-state.ts';
import { desiredStatus } from './worker-status.ts';

export interface WorkerAgentOptions {
  readonly config: WorkerAgentConfig;
  readonly client: KubeClient;
  readonly host: Host;
  readonly links: PodLinks;
  readonly flows: PodFlows;
  readonly watchKernel: WatchKernel;
  readonly startProber: (observer: ProbeObserver) => Prober;
  readonly publicKey: string;
  /** Of the pair that `publicKey` belongs to: it goes with the feature, and comes back with it. */
  readonly keyFile: KeyFile;
  /** Bytes. */
  readonly uplinkMtu: number;
  readonly log: Logger;
}

export interface WorkerAgent {
  /** Why annotated pods are not served; `undefined`: they are. */
  whyNotReady(): string | undefined;
  readonly metrics: WorkerMetrics;
  /** Leaves the kernel, the files and the chained plugin as they are: pods go on. Nothing of the agent touches them afterwards. */
  stop(): Promise<void>;
}

/** A link that goes is reported by the kernel; this is for reports that get lost. */
const sweepMs = 500;
/** How often it is asked whether detaching pods still have connections by a gateway. */
const detachMs = 2000;
const leaseSeconds = 20;

/**
 * Starts the agent of a worker node. It works at once with what is on disk, and with the API server as soon as that answers. Throws
 * when the socket of the plugin cannot be made.
 */
export async function startWorkerAgent(options: WorkerAgentOptions): Promise<WorkerAgent> {
  const files = stateFiles(options.config);
  const registry = await AttachedPods.load(files.pods, options.log);
  const surroundingsFile = openSurroundingsFile(files.surroundings, options.log);
  const surroundings = await surroundingsFile.read();
  const verdicts = await LastVerdicts.load(files.verdicts, options.log);
  const agent = new Agent(options, { ...registry, surroundingsFile, surroundings, verdicts });
  try {
    await agent.start();
  } catch (error) {
    await agent.stop();
    throw error;
  }
  return agent;
}

interface Kept {
  readonly pods: AttachedPods;
  readonly isComplete: boolean;
  readonly surroundingsFile: JsonFile<Surroundings>;
  readonly surroundings: Surroundings | undefined;
  readonly verdicts: LastVerdicts;
}

class Agent implements WorkerAgent, Attaching {
  readonly metrics: WorkerMetrics;
  readonly links: PodLinks;
  readonly #options: WorkerAgentOptions;
  readonly #kept: Kept;
  readonly #watches: Watches;
  readonly #state: WorkerState;
  readonly #plane: Plane;
  readonly #prober: Prober;
  readonly #status: StatusWriter;
  readonly #endpoints: EndpointWriter;
  readonly #chain: PluginChain;
  readonly #events: PodEvents;
  readonly #removal: NodeRemoval;
  readonly #heartbeat: { stop(): Promise<void> };
  readonly #kernelWatch: { stop(): void };
  readonly #timers: readonly NodeJS.Timeout[];
  #server: CniServer | undefined;
  #chainState: ChainState = { isChained: false };
  #chainGoal: ChainGoal | undefined;
  #carried: WorkerInputs | undefined;
  readonly #background: Background;
  #isRefreshDue = false;
  #isStopping = false;
  #change = Promise.withResolvers<void>();

  constructor(options: WorkerAgentOptions, kept: Kept) {
    const { config, client, host, log, links, publicKey, uplinkMtu } = options;
    this.#options = options;
    this.#kept = kept;
    this.links = links;
    this.metrics = createMetrics(() => this.#state.pods);
    this.#background = new Background(log);
    this.#plane = new Plane({ host, log });
    this.#prober = options.startProber({
      onVerdict: (number, verdict, atMs) => this.#onVerdict(number, verdict, atMs),
      onPriority: (priority) => this.metrics.probes.threadPriority(priority),
      onReport: (report) => this.metrics.probes.report(report),
    });
    this.#watches = new Watches({ client, nodeName: config.nodeName, onChange: () => this.#refreshSoon(), log });
    this.#state = new WorkerState({
      own: { name: config.nodeName, publicKey, given: config.networks, spread: config.spread },
      uplinkMtu,
      ...kept,
      watches: this.#watches,
      links,
      verdictOf: (number) => kept.verdicts.of(number, this.#prober.verdictOf(number)),
    });
    this.#status = new StatusWriter({
      client,
      read: () => this.#watches.worker(),
      desired: (worker, now) => desiredStatus(worker, this.#facts(), now),
      log,
    });
    this.#endpoints = new EndpointWriter({ client, log });
    this.#chain = startPluginChain({
      plugin: config.plugin,
      binDirectory: config.cniBinDirectory,
      configurationDirectory: config.cniConfigurationDirectory,
      onChange: (state) => this.#onChain(state),
      log,
    });
    this.#removal = new NodeRemoval({
      remove: () => this.#leaveNode(),
      restore: () => options.keyFile.restore(),
      onChange: () => this.#refreshSoon(),
      log,
    });
    this.#events = startPodEvents({ client, instance: config.podName, log });
    this.#heartbeat = startHeartbeat({
      client,
      key: { namespace: systemNamespace, name: `worker-${config.nodeName}` },
      holderIdentity: config.podName,
      durationSeconds: leaseSeconds,
      log,
    });
    this.#kernelWatch = options.watchKernel((changes) => this.#onKernelChanges(changes));
    this.#timers = [setInterval(() => this.#sweep(), sweepMs), setInterval(() => this.#endDetaching(), detachMs)];
  }

  async start(): Promise<void> {
    this.#state.sweep();
    this.#refreshSoon();
    this.#server = await startCniServer({
      path: this.#options.config.cniSocket,
      handle: (invocation, signal) => this.metrics.cniCall(invocation.command, () => this.#handle(invocation, signal)),
    });
  }

  whyNotReady(): string | undefined {
    if (!this.#state.isSynced) return 'the cluster has not been read from the API server yet';
    return this.#state.notReady?.reason === 'GatewayNode' ? undefined : this.#state.notReady?.message;
  }

  /** First who begins work, then who does it. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#kernelWatch.stop();
    await this.#server?.stop();
    await Promise.all([this.#watches.stop(), this.#prober.stop(), this.#chain.stop(), this.#heartbeat.stop()]);
    await this.#removal.stop();
    await Promise.all([this.#background.settled(), this.#savePods()]);
    await Promise.all([this.#status.stop(), this.#endpoints.stop(), this.#events.stop(), this.#plane.stop()]);
  }

  admission(sgcKey: string): ReturnType<Attaching['admission']> {
    return admit(sgcKey, this.#state);
  }

  async wanting<T>(sgcKey: string, work: () => Promise<T>): Promise<T> {
    const end = this.#state.wait(sgcKey);
    this.#status.request();
    try {
      return await work();
    } finally {
      end();
      this.#refreshSoon();
    }
  }

  async changed(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, reject } = Promise.withResolvers<never>();
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await Promise.race([this.#change.promise, promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Disk and kernel at once: after a crash in between, the pod has not started. */
  async attach(pod: RegisteredPod): Promise<void> {
    this.#state.attach(pod);
    try {
      await Promise.all([this.#kept.pods.save(), this.#carry()]);
      this.#plane.forget(pod.address);
    } catch (error) {
      this.#state.detach(pod);
      throw error;
    }
  }

  async #handle(invocation: Invocation, signal: AbortSignal): Promise<unknown> {
    const { command } = invocation;
    if (command === 'ADD') return await add(invocation, this, { limitMs: this.#options.config.addLimitMs, signal });
    if (command === 'CHECK') return this.#check(invocation);
    for (const pod of leavingPods(invocation, this.#state.pods)) this.#state.detach(pod);
    this.#refreshSoon();
    return undefined;
  }

  /** The runtimes that we know never ask. */
  #check(invocation: Invocation): undefined {
    podOf(invocation, this.links);
  }

  #refreshSoon(): void {
    if (this.#isRefreshDue) return;
    this.#isRefreshDue = true;
    setImmediate(() => {
      this.#isRefreshDue = false;
      if (!this.#isStopping) this.#refresh();
    });
  }

  /** Brings everything that is derived up to date. Whatever fails is retried by whoever does it. */
  #refresh(): void {
    const { troubles, moved } = this.#state.refresh();
    this.#events.tellTroubles(troubles);
    this.#events.tellMoved(moved);
    this.#setChain();
    this.#prober.probe(this.#state.probeTargets());
    this.#removal.setWanted(this.#state.isLeaving);
    this.#background.run('kernel not changed, will be tried again', this.#saveAndCarry());
    this.#status.request();
    this.#saveSurroundings();
    this.#writeEndpoints();
    const { promise: _promise, resolve } = this.#change;
    this.#change = Promise.withResolvers();
    resolve();
  }

  /** In this order: what a running pod has been given must be known after a crash, or the next agent would take it away again. */
  async #saveAndCarry(): Promise<void> {
    await this.#savePods().catch((error: unknown) => this.#options.log.error({ error: messageOf(error) }, 'registry not saved'));
    await this.#carry();
  }

  #saveSurroundings(): void {
    const { surroundings, isSynced, isLeaving } = this.#state;
    if (surroundings && isSynced && !isLeaving)
      this.#background.run('surroundings not saved', this.#kept.surroundingsFile.write(surroundings));
  }

  #writeEndpoints(): void {
    const { surroundings, isSynced } = this.#state;
    const { nodeName } = this.#options.config;
    if (!surroundings || !isSynced) return;
    const { vmConfigurations } = this.#watches.view();
    const { pods, troubles } = this.#state;
    const gateways = surroundings.gateways.map((gateway) => ({ ...gateway, state: this.#state.stateOf(gateway.number) }));
    this.#endpoints.set(desiredEndpoints({ nodeName, pods, troubles, surroundings, gateways, vmConfigurations }));
  }

  async #savePods(): Promise<void> {
    if (this.#state.isComplete && !this.#state.isLeaving) await this.#kept.pods.save();
  }

  /** The plugin goes with the chain. A gateway node's kernel is the gateway-agent's. */
  async #leaveNode(): Promise<void> {
    const { config, keyFile } = this.#options;
    this.#carried = undefined;
    if (this.#state.notReady?.reason !== 'GatewayNode') await this.#plane.remove();
    await this.#background.settled();
    await this.#kept.pods.erase();
    await this.#kept.surroundingsFile.write(undefined);
    await this.#kept.verdicts.erase();
    await removeWants(config.tunnelDirectory, defaultSettings.workerDevicePrefix);
    await keyFile.remove();
  }

  async #carry(): Promise<void> {
    const inputs = this.#state.isLeaving ? undefined : this.#state.inputs();
    if (inputs === undefined || isDeepStrictEqual(inputs, this.#carried)) return;
    this.#carried = inputs;
    await this.#plane.carry(inputs);
  }

  #carryInBackground(): void {
    this.#background.run('kernel not changed, will be tried again', this.#carry());
  }

  #onVerdict(number: number, verdict: Verdict, atMs: number): void {
    this.#options.log.info({ gateway: number, verdict }, 'gateway verdict');
    this.metrics.probes.gatewayVerdict(number, verdict);
    const isLost = verdict === 'dead' || verdict === 'not-ready';
    if (isLost) this.#background.run('kernel not changed, will be tried again', this.#failOver(number, atMs));
    else this.#carryInBackground();
    if (!this.#state.isLeaving) this.#background.run('verdict not remembered', this.#kept.verdicts.note(number, verdict));
    this.#refreshSoon();
  }

  async #failOver(number: number, verdictMs: number): Promise<void> {
    await this.#carry();
    this.metrics.probes.failover(number, hostClockMs() - verdictMs);
  }

  #onKernelChanges(changes: readonly KernelChange[]): void {
    if (this.#isStopping) return;
    if (changes.some((change) => touchesPlane(change))) this.#plane.repair();
    if (changes.some((change) => removesLink(change))) this.#sweep();
  }

  #sweep(): void {
    if (!this.#state.sweep()) return;
    this.#carryInBackground();
    this.#refreshSoon();
  }

  #endDetaching(): void {
    if (this.#state.endDetaching(this.#options.flows)) this.#refreshSoon();
  }

  #setChain(): void {
    const goal = this.#state.chainGoal;
    if (goal === undefined || goal === this.#chainGoal) return;
    this.#chainGoal = goal;
    this.#chain.setGoal(goal);
  }

  #onChain(state: ChainState): void {
    if (isDeepStrictEqual(state, this.#chainState)) return;
    this.#options.log.info({ ...state }, 'plugin chain');
    this.#chainState = state;
    this.#status.request();
  }

  #facts(): Parameters<typeof desiredStatus>[1] {
    const { config, publicKey } = this.#options;
    const { pods, waiting, notReady, isRemoving } = this.#state;
    const { gatewayStatuses } = this.#watches.view();
    const chain = this.#chainState;
    const removal = isRemoving ? (this.#removal.isDone && chain.isUninstalled ? 'done' : 'under way') : undefined;
    return { publicKey, nodeAddress: config.nodeAddress, gatewayStatuses, pods, waiting, chain, notReady, removal };
  }
}
