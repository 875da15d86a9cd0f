import type { HostState } from '../../../src/dataplane/host-state.ts';
import type { Host, Scope } from '../../../src/dataplane/host.ts';
import { MemoryHost } from '../../../src/dataplane/memory/memory-host.ts';
import type { Step } from '../../../src/dataplane/step.ts';
import type { KernelWatch, WatchKernel } from '../../../src/gateway-agent/kernel-change.ts';

/** A node without a kernel that tells of every change, counts them, and refuses what a test wants refused. */
export class WatchedHost implements Host {
  readonly #host: MemoryHost;
  readonly #listeners = new Set<(namespace: string) => void>();
  /** What agents have done, in order. */
  readonly applied: Step[] = [];
  refuse: (step: Step) => Error | undefined = () => undefined;
  /** Called after each change by an agent. */
  afterApply: () => void = () => undefined;

  constructor(state?: HostState) {
    this.#host = new MemoryHost(state);
  }

  get state(): HostState {
    return this.#host.state;
  }

  async observe(scope: Scope): Promise<HostState> {
    return await this.#host.observe(scope);
  }

  async apply(step: Step): Promise<void> {
    const refusal = this.refuse(step);
    if (refusal) throw refusal;
    await this.#host.apply(step);
    this.applied.push(step);
    this.#tell(step.namespace);
    this.afterApply();
  }

  /** A change by somebody else. */
  async disturb(...steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      await this.#host.apply(step);
      this.#tell(step.namespace);
    }
  }

  /** A change by somebody else of which the kernel does not tell. */
  async disturbQuietly(step: Step): Promise<void> {
    await this.#host.apply(step);
  }

  /** The agent's ear. */
  readonly watch: WatchKernel = (onChanges): KernelWatch => {
    const listener = (namespace: string): void => onChanges(namespace, [{ kind: 'link', subject: '', isRemoval: false }]);
    this.#listeners.add(listener);
    return { refresh: () => undefined, stop: () => this.#listeners.delete(listener) };
  };

  #tell(namespace: string): void {
    for (const listener of this.#listeners) listener(namespace);
  }
}
