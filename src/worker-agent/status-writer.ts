import { isDeepStrictEqual } from 'node:util';
import { egressWorkerKind, type EgressWorker, type EgressWorkerStatus } from '../api/egress-worker.ts';
import { fieldManagers } from '../api/names.ts';
import { backoffMs } from '../base/backoff.ts';
import { messageOf } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import type { KubeClient } from '../kube/client.ts';
import { pause, systemClock, type Clock } from '../kube/clock.ts';
import { keyOf } from '../kube/object.ts';

export interface StatusWriterOptions {
  readonly client: KubeClient;
  /** The object as it is known now; `undefined` while there is none. */
  readonly read: () => EgressWorker | undefined;
  readonly desired: (worker: EgressWorker, now: string) => EgressWorkerStatus;
  readonly log: Logger;
  readonly clock?: Clock;
}

const backoff = { firstMs: 100, maxMs: 15_000 };

/** Keeps the status of this node's EgressWorker. One write at a time: what changes meanwhile goes into the next. */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  #isDue = false;
  #isRunning = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: StatusWriterOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Something has changed that may be in the status. */
  request(): void {
    this.#isDue = true;
    if (!this.#isRunning) this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the writer of the status was stopped'));
    await this.#running;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    const { signal } = this.#stopping;
    let failures = 0;
    while (this.#isDue && !signal.aborted) {
      this.#isDue = false;
      try {
        await this.#write(signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) break;
        this.#options.log.warn({ error: messageOf(error) }, 'status of EgressWorker not written');
        this.#isDue = true;
        await pause(this.#clock, backoffMs(failures++, backoff), signal);
      }
    }
    this.#isRunning = false;
  }

  async #write(signal: AbortSignal): Promise<void> {
    const { client, read, desired } = this.#options;
    const worker = read();
    if (!worker) return;
    const status = desired(worker, this.#clock.wallTime().toISOString());
    if (isDeepStrictEqual(status, worker.status)) return;
    const object = { metadata: keyOf(worker), status };
    await client.apply(egressWorkerKind, object, { fieldManager: fieldManagers.workerAgent, subresource: 'status', signal });
  }
}
