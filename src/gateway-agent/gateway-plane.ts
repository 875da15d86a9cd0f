import { backoffMs } from '../base/backoff.ts';
import { messageOf } from '../base/error.ts';
import { firstLine } from '../base/first-line.ts';
import type { Logger } from '../base/log.ts';
import { describeStep } from '../dataplane/describe-step.ts';
import { desiredGateway } from '../dataplane/desired-gateway.ts';
import { diff } from '../dataplane/diff/diff.ts';
import type { HostState } from '../dataplane/host-state.ts';
import type { Host } from '../dataplane/host.ts';
import type { GatewayInputs } from '../dataplane/model.ts';
import { gatewayScope } from '../dataplane/scope.ts';
import { defaultSettings, type DataplaneSettings } from '../dataplane/settings.ts';
import { staleFlows } from '../dataplane/stale-flows.ts';
import type { Clock } from '../kube/clock.ts';
import type { Plan, Programme } from './inputs.ts';
import { concernsGateway, type KernelWatch, type WatchKernel } from './kernel-change.ts';
import { missingParts } from './self-check.ts';
import { SerialWork } from './serial-work.ts';
import type { Trouble } from './trouble.ts';

/** What is known of the kernel after a pass. */
export interface PlaneState {
  /** What the kernel was last completely made to carry; absent before that, and once everything was removed. */
  readonly programmed: Programme | undefined;
  /** Whether all of that was there at the last look. */
  readonly isWhole: boolean;
  readonly trouble: Trouble | undefined;
}

/** One pass that has ended: for metrics. */
export interface Pass {
  readonly outcome: 'ok' | 'error';
  readonly steps: number;
  readonly durationMs: number;
}

/** Where what is to be carried is remembered over restarts. */
export interface ProgrammeStore {
  write(programme: Programme | undefined): Promise<void>;
}

export interface GatewayPlaneOptions {
  readonly host: Host;
  /** What to carry; `undefined`: the API server has not been heard yet. */
  readonly plan: () => Plan | undefined;
  /** What an earlier agent was carrying: kept, and repaired, until `plan` says more. */
  readonly remembered: Programme | undefined;
  readonly store: ProgrammeStore;
  readonly watchKernel: WatchKernel;
  /** Called after each pass. */
  readonly onPass: (state: PlaneState, pass: Pass) => void;
  readonly settings?: DataplaneSettings;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface GatewayPlane {
  readonly state: PlaneState;
  /** `plan` may say something else now. */
  replan(): void;
  /** Leaves the kernel as it is. */
  stop(): Promise<void>;
}

/** Changes come in bunches, and each of ours comes back as a notification. */
const coalesceMs = 20;
/** Somebody who undoes what we do is answered more and more slowly, but within a second (spec.md F2). */
const maxContestMs = 500;
const resyncMs = 30_000;
const retry = { firstMs: 200, maxMs: 30_000 };

const starting: Trouble = { reason: 'Starting', message: 'the agent has started and has not seen the kernel yet' };

/**
 * Keeps the gateway's kernel as it is planned: looks at it after every change of the plan, after every change of the kernel, whoever made
 * it, and every 30 s; writes the difference. The first pass begins at once.
 */
export function startGatewayPlane(options: GatewayPlaneOptions): GatewayPlane {
  return new Plane(options);
}

class Plane implements GatewayPlane {
  readonly #options: GatewayPlaneOptions;
  readonly #settings: DataplaneSettings;
  readonly #work: SerialWork;
  readonly #watch: KernelWatch;
  #target: Programme | undefined;
  #state: PlaneState = { programmed: undefined, isWhole: false, trouble: starting };
  #failures = 0;
  /** Passes in a row that had something to do. */
  #contests = 0;

  constructor(options: GatewayPlaneOptions) {
    this.#options = options;
    this.#settings = options.settings ?? defaultSettings;
    this.#target = options.remembered;
    this.#work = new SerialWork((signal) => this.#pass(signal), options.clock);
    this.#watch = options.watchKernel((namespace, changes) => {
      if (changes.some((change) => concernsGateway(namespace, change, this.#settings)))
        this.#work.request(Math.min(coalesceMs * 2 ** this.#contests, maxContestMs));
    });
    this.#work.request(0);
  }

  get state(): PlaneState {
    return this.#state;
  }

  replan(): void {
    this.#work.request(coalesceMs);
  }

  async stop(): Promise<void> {
    this.#watch.stop();
    await this.#work.stop();
  }

  async #pass(signal: AbortSignal): Promise<void> {
    const { clock, log, onPass } = this.#options;
    const startedMs = clock.nowMs();
    let steps = 0;
    try {
      steps = await this.#carryOut(this.#options.plan(), signal);
      if (signal.aborted) return;
      this.#failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      this.#failures += 1;
      log.error({ error: messageOf(error), failures: this.#failures }, 'kernel not programmed, will be tried again');
      this.#state = await this.#stateAfter(error);
      this.#work.request(backoffMs(this.#failures - 1, retry));
    }
    const isQuiet = steps === 0 && this.#failures === 0;
    this.#contests = isQuiet ? 0 : this.#contests + 1;
    this.#work.request(resyncMs);
    this.#refreshWatch();
    onPass(this.#state, { outcome: this.#failures === 0 ? 'ok' : 'error', steps, durationMs: clock.nowMs() - startedMs });
  }

  /** The number of steps. A plan that waits leaves things as they were planned before. */
  async #carryOut(plan: Plan | undefined, signal: AbortSignal): Promise<number> {
    if (plan?.kind === 'remove') return await this.#remove(signal);
    if (plan?.kind === 'serve') this.#target = plan.programme;
    const trouble = plan?.kind === 'wait' ? plan.trouble : plan === undefined ? starting : undefined;
    const programme = this.#target;
    if (programme === undefined) {
      this.#state = { programmed: undefined, isWhole: false, trouble };
      return 0;
    }
    await this.#remember(programme);
    const steps = await this.#reach(desiredGateway(programme.inputs, this.#settings), programme.inputs, signal);
    if (!signal.aborted) this.#state = { programmed: programme, isWhole: true, trouble };
    return steps;
  }

  async #remove(signal: AbortSignal): Promise<number> {
    const inputs = this.#target?.inputs ?? nothing;
    await this.#remember(undefined);
    const steps = await this.#reach({ namespaces: [] }, inputs, signal);
    if (signal.aborted) return steps;
    this.#target = undefined;
    const message = 'the gateway has taken everything of its own out of the kernel';
    this.#state = { programmed: undefined, isWhole: true, trouble: { reason: 'Removed', message } };
    return steps;
  }

  /** Half-way is a fine place to stop at. */
  async #reach(desired: HostState, inputs: GatewayInputs, signal: AbortSignal): Promise<number> {
    const { host, log } = this.#options;
    const observed = await host.observe(gatewayScope(inputs, this.#settings));
    const steps = [...diff(observed, desired), ...staleFlows(observed, desired)];
    if (steps.length > 0) log.info({ steps: steps.map((step) => firstLine(describeStep(step))) }, 'changing the kernel');
    for (const step of steps) {
      if (signal.aborted) break;
      await host.apply(step);
    }
    return steps.length;
  }

  /** Before the kernel: an agent that ends in between must not go back to what was planned earlier. */
  async #remember(programme: Programme | undefined): Promise<void> {
    try {
      await this.#options.store.write(programme);
    } catch (error) {
      this.#options.log.warn({ error: messageOf(error) }, 'what is programmed is not remembered over a restart');
    }
  }

  /** What was programmed before the failure may still be there: then the gateway serves it on. */
  async #stateAfter(error: unknown): Promise<PlaneState> {
    const { programmed } = this.#state;
    const missing = programmed === undefined ? ['everything'] : await this.#missingOf(programmed);
    const [first] = missing;
    const message = first === undefined ? messageOf(error) : `${messageOf(error)}; missing: ${firstLine(first)}`;
    return { programmed, isWhole: first === undefined, trouble: { reason: 'KernelRefused', message } };
  }

  async #missingOf({ inputs }: Programme): Promise<readonly string[]> {
    try {
      const observed = await this.#options.host.observe(gatewayScope(inputs, this.#settings));
      return missingParts(observed, desiredGateway(inputs, this.#settings));
    } catch (error) {
      return [`unknown, ${messageOf(error)}`];
    }
  }

  #refreshWatch(): void {
    try {
      this.#watch.refresh();
    } catch (error) {
      this.#options.log.warn({ error: messageOf(error) }, 'changes of the kernel are seen late');
    }
  }
}

const nothing: GatewayInputs = {
  nodeAddress: '',
  uplink: '',
  uplinkMtu: 0,
  publicKey: '',
  egress: [],
  workers: [],
};
