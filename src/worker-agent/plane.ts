import { setImmediate as nextTurn } from 'node:timers/promises';
import { messageOf } from '../base/error.ts';
import { firstLine } from '../base/first-line.ts';
import type { Logger } from '../base/log.ts';
import { forgetAddress, movePods, settleAll } from '../dataplane/attachment.ts';
import { describeStep } from '../dataplane/describe-step.ts';
import { desiredWorker } from '../dataplane/desired-worker.ts';
import { diff } from '../dataplane/diff/diff.ts';
import { failover } from '../dataplane/failover.ts';
import { emptyNamespace, hostNamespace, type HostState } from '../dataplane/host-state.ts';
import type { Host } from '../dataplane/host.ts';
import type { WorkerInputs } from '../dataplane/model.ts';
import { workerScope } from '../dataplane/scope.ts';
import { defaultSettings, type DataplaneSettings } from '../dataplane/settings.ts';
import { staleFlows } from '../dataplane/stale-flows.ts';
import type { Step } from '../dataplane/step.ts';
import { systemClock, type Clock } from '../kube/clock.ts';

export interface PlaneOptions {
  readonly host: Host;
  readonly log: Logger;
  readonly clock?: Clock;
  /** How long after a notification the kernel is looked at: those of our own writes come in a bunch. */
  readonly settleMs?: number;
  /** How often it is looked at without one. */
  readonly resyncMs?: number;
  readonly settings?: DataplaneSettings;
}

const defaultSettleMs = 100;
const defaultResyncMs = 30_000;
const retryMs = 1000;

/** Nothing of ours. */
const nothing = 'nothing';

type Carried = WorkerInputs | typeof nothing;

/**
 * Keeps the node's kernel as it is to be. One thing at a time. What changes goes straight from what is carried to what is to be carried;
 * only the first time, after a failure, after somebody else's change and now and then is the kernel read.
 */
export class Plane {
  readonly #host: Host;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #settleMs: number;
  readonly #resyncMs: number;
  readonly #settings: DataplaneSettings;
  #wanted: Carried | undefined;
  /** What the kernel carries; `undefined`: not known. */
  #carried: Carried | undefined;
  #queue: Promise<void> = Promise.resolve();
  #settling: Promise<void> = Promise.resolve();
  #cancelLook: (() => void) | undefined;
  #lookDueMs = 0;
  #isStopped = false;

  constructor(options: PlaneOptions) {
    this.#host = options.host;
    this.#log = options.log;
    this.#clock = options.clock ?? systemClock;
    this.#settleMs = options.settleMs ?? defaultSettleMs;
    this.#resyncMs = options.resyncMs ?? defaultResyncMs;
    this.#settings = options.settings ?? defaultSettings;
  }

  /** Fulfilled when the kernel carries `inputs`, or what was asked for since. Rejected when it refuses; then it is tried again. */
  carry(inputs: WorkerInputs): Promise<void> {
    this.#wanted = inputs;
    return this.#enqueue(() => this.#advance());
  }

  /** Fulfilled when the kernel carries nothing of ours, or what was asked for since. Rejected as `carry` is. */
  remove(): Promise<void> {
    this.#wanted = nothing;
    return this.#enqueue(() => this.#advance());
  }

  /** Deletes what conntrack knows of an address; nobody waits for it (`#settle`). */
  forget(address: string): void {
    this.#settle([forgetAddress(address)]);
  }

  /** Fulfilled when all that conntrack had to learn until now has been done. */
  async settled(): Promise<void> {
    await this.#settling;
  }

  /** Somebody has changed the kernel: it is read, and repaired, in a moment. */
  repair(): void {
    this.#lookIn(this.#settleMs);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelLook?.();
    await this.#queue;
    await this.settled();
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  async #advance(): Promise<void> {
    const after = this.#wanted;
    if (after === undefined || after === this.#carried) return;
    const before = this.#carried;
    if (before === undefined || before === nothing || after === nothing) return await this.#rebuild(after);
    try {
      const steps = stepsBetween(before, after, this.#settings);
      await this.#apply(steps.filter((step) => !isOfFlows(step)));
      this.#carried = after;
      this.#settle(steps.filter(isOfFlows));
    } catch (error) {
      this.#log.warn({ error: messageOf(error) }, 'kernel is not as it was left, reading it');
      await this.#rebuild(after);
    }
  }

  /**
   * Conntrack learns what it must after the rules have changed, beside everything else: the kernel goes through its whole table for each
   * step, and neither a pod that starts nor a verdict waits for that. Until then rules refuse what it still knows; a container is started
   * long after. What fails is found by the next look.
   */
  #settle(steps: readonly Step[]): void {
    if (steps.length === 0) return;
    const work = async (): Promise<void> => {
      // Whoever waits for the rules goes on first, even where there is one processor.
      await nextTurn();
      await this.#apply(steps);
    };
    this.#settling = this.#settling.then(work).catch((error: unknown) => {
      this.#log.warn({ error: messageOf(error) }, 'connections not settled, reading the kernel');
      this.#carried = undefined;
      this.#lookIn(retryMs);
    });
  }

  /** Reads the kernel and makes of it what is to be. */
  async #rebuild(after: Carried): Promise<void> {
    const isSettled = this.#carried !== undefined;
    this.#carried = undefined;
    try {
      const observed = await this.#host.observe(workerScope(this.#settings));
      const steps = stepsFrom({ observed, after, isSettled }, this.#settings);
      if (steps.length > 0) this.#log.info({ steps: steps.map((step) => firstLine(describeStep(step))) }, 'changing the kernel');
      await this.#apply(steps);
      this.#carried = after;
      this.#lookIn(this.#resyncMs);
    } catch (error) {
      this.#lookIn(retryMs);
      throw error;
    }
  }

  async #apply(steps: readonly Step[]): Promise<void> {
    for (const step of steps) await this.#host.apply(step);
  }

  /** A look that is due earlier stays. */
  #lookIn(delayMs: number): void {
    const dueMs = this.#clock.nowMs() + delayMs;
    if (this.#isStopped || (this.#cancelLook && this.#lookDueMs <= dueMs)) return;
    this.#cancelLook?.();
    this.#lookDueMs = dueMs;
    this.#cancelLook = this.#clock.schedule(delayMs, () => {
      this.#cancelLook = undefined;
      this.#enqueue(() => this.#look()).catch((error: unknown) => {
        this.#log.error({ error: messageOf(error) }, 'kernel not repaired, will be tried again');
      });
    });
  }

  async #look(): Promise<void> {
    if (this.#wanted !== undefined) await this.#rebuild(this.#wanted);
  }
}

const emptyHost: HostState = { namespaces: [emptyNamespace(hostNamespace)] };

function isOfFlows({ kind }: Step): boolean {
  return kind === 'forget-flows' || kind === 'settle-flows' || kind === 'kick';
}

interface Look {
  readonly observed: HostState;
  readonly after: Carried;
  readonly isSettled: boolean;
}

/** Until it is known that connections are `isSettled`, and after every repair, some may go another way than they would now. */
function stepsFrom({ observed, after, isSettled }: Look, settings: DataplaneSettings): Step[] {
  if (after === nothing) return [...diff(observed, emptyHost), ...staleFlows(observed, emptyHost, settings)];
  const desired = desiredWorker(after, settings);
  const changes = diff(observed, desired);
  const running = new Set(after.pods.map(({ address }) => address));
  const stale = staleFlows(observed, desired, settings).filter(
    (step) => step.kind !== 'forget-flows' || !running.has(step.flows.source ?? ''),
  );
  return [...changes, ...stale, ...(isSettled && changes.length === 0 ? [] : settleAll(after, settings))];
}

/** A death is answered first: whatever else changes can wait, connections that hang cannot. */
function stepsBetween(before: WorkerInputs, after: WorkerInputs, settings: DataplaneSettings): Step[] {
  if (statesOf(before) === statesOf(after)) return movePods(before, after, settings);
  const between = { ...before, gateways: after.gateways };
  return [...failover(before, between, settings), ...movePods(between, after, settings)];
}

function statesOf({ gateways }: WorkerInputs): string {
  return gateways.map(({ number, state }) => `${String(number)} ${state}`).join();
}
