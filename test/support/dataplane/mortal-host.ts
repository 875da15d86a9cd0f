import type { HostState } from '../../../src/dataplane/host-state.ts';
import type { Host, Scope } from '../../../src/dataplane/host.ts';
import type { Step } from '../../../src/dataplane/step.ts';

/**
 * A kernel as an agent sees it that is killed (kill -9) when it begins its step number `lastStep + 1`: nothing that it does from then on
 * ever ends.
 */
export class MortalHost implements Host {
  readonly #host: Host;
  readonly #end = Promise.withResolvers<void>();
  readonly #forever = new Promise<never>(() => undefined);
  #stepsLeft: number;
  #isKilled = false;

  constructor(host: Host, lastStep: number) {
    this.#host = host;
    this.#stepsLeft = lastStep;
  }

  async observe(scope: Scope): Promise<HostState> {
    return this.#isKilled ? await this.#forever : await this.#host.observe(scope);
  }

  async apply(step: Step): Promise<void> {
    if (this.#stepsLeft === 0) this.#kill();
    if (this.#isKilled) return await this.#forever;
    this.#stepsLeft -= 1;
    await this.#host.apply(step);
  }

  /** True when the agent was killed before `work` was done. */
  async killsBefore(work: Promise<unknown>): Promise<boolean> {
    await Promise.race([work, this.#end.promise]);
    return this.#isKilled;
  }

  #kill(): void {
    this.#isKilled = true;
    this.#end.resolve();
  }
}
