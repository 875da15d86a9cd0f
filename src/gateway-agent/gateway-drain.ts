import { messageOf } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import type { Clock } from '../kube/clock.ts';
import { startDrain, type Drain, type DrainState } from './drain.ts';
import { describeReasons, type DrainReasons } from './drain-reasons.ts';
import type { Flows } from './live-flows.ts';
import { startMaintenanceWatch, type MaintenanceWatch } from './maintenance-watch.ts';
import type { MetadataService } from './metadata-service.ts';

/** What a gateway needs to drain. */
export interface DrainPlan {
  readonly flows: Flows;
  /** After so long without a packet a flow without an end of its own counts as ended. */
  readonly idleMs: number;
  /** Absent: nobody announces maintenance of this machine. */
  readonly metadata?: MetadataService | undefined;
  /** After so long a scheduled event may begin whatever is still connected. */
  readonly maintenanceWaitMs: number;
  /** Where it is remembered over a restart why the gateway drains, and what an earlier agent remembered there. */
  readonly store: { write(reasons: DrainReasons): Promise<void> };
  readonly remembered: DrainReasons | undefined;
}

export interface GatewayDrainOptions {
  readonly plan: DrainPlan;
  /** `undefined`: the API server has not been heard yet. */
  readonly isCordoned: () => boolean | undefined;
  /** Whether a flow with this source is somebody's connection through the gateway. */
  readonly isLabel: (source: string) => boolean;
  /** Called after each change of the state. */
  readonly onChange: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Whether this gateway drains, why, and how far it is. */
export class GatewayDrain {
  readonly #options: GatewayDrainOptions;
  readonly #drain: Drain;
  readonly #maintenance: MaintenanceWatch | undefined;
  #isLeaving = false;

  constructor(options: GatewayDrainOptions) {
    const { plan, isLabel, clock, log } = options;
    this.#options = options;
    this.#drain = startDrain({
      why: () => describeReasons(this.#reasons()),
      flows: plan.flows,
      isLabel,
      idleMs: plan.idleMs,
      onChange: () => this.#onChange(),
      clock,
      log,
    });
    this.#maintenance =
      plan.metadata &&
      startMaintenanceWatch({
        service: plan.metadata,
        remembered: plan.remembered?.maintenance,
        isDrained: () => this.state?.isDrained === true,
        waitMs: plan.maintenanceWaitMs,
        onChange: () => this.update(),
        clock,
        log,
      });
  }

  get state(): DrainState {
    return this.#drain.state;
  }

  /** `isCordoned` may say something else now. */
  update(): void {
    this.#drain.update();
  }

  /** The agent is about to take everything out of the kernel. */
  announceRemoval(): void {
    this.#isLeaving = true;
    this.update();
  }

  async stop(): Promise<void> {
    this.#drain.stop();
    await this.#maintenance?.stop();
  }

  /** Until the API server has been heard, what an earlier agent heard of it holds. */
  #reasons(): DrainReasons {
    const { plan, isCordoned } = this.#options;
    return {
      isCordoned: isCordoned() ?? plan.remembered?.isCordoned ?? false,
      maintenance: this.#maintenance?.why,
      isLeaving: this.#isLeaving,
    };
  }

  #onChange(): void {
    const { plan, onChange, log } = this.#options;
    onChange();
    const { isCordoned, maintenance } = this.#reasons();
    plan.store.write({ isCordoned, maintenance }).catch((error: unknown) => {
      log.warn({ error: messageOf(error) }, 'reasons to drain not remembered');
    });
  }
}
