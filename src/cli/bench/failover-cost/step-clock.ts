import type { Host } from '../../../dataplane/host.ts';
import type { Step } from '../../../dataplane/step.ts';

type Durations = Readonly<Partial<Record<Step['kind'], number>>>;

/** Measures how long a host's kernel takes for each kind of step. */
export class StepClock {
  #durations: Partial<Record<Step['kind'], number>> = {};

  /** `host`, under the clock. */
  watch(host: Host): Host {
    return {
      observe: async (scope) => host.observe(scope),
      apply: async (step) => {
        const beganMs = performance.now();
        await host.apply(step);
        this.#durations[step.kind] = (this.#durations[step.kind] ?? 0) + performance.now() - beganMs;
      },
    };
  }

  /** Milliseconds by kind of step since the last call. */
  take(): Durations {
    const durations = this.#durations;
    this.#durations = {};
    return durations;
  }
}
