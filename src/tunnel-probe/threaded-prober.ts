import { isDeepStrictEqual } from 'node:util';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import type { Secret } from '../base/secret.ts';
import type { Verdict } from './detector.ts';
import type { RaisePriority } from './own-thread.ts';
import { deriveProbeKeys, type ProbeKeys } from './probe-keys.ts';
import type { KeyedTarget, OnVerdict, Prober, ProbeTarget } from './prober.ts';
import { workerIdOf } from './wire-format.ts';

export interface ThreadedProberOptions {
  /** The program of the thread; it gets `ProberThreadData`, is sent `readonly KeyedTarget[]`, and sends `ProberMessage`. */
  readonly thread: URL;
  /** Of this node, in WireGuard's form. */
  readonly privateKey: Secret;
  readonly publicKey: string;
  readonly onVerdict: OnVerdict;
  readonly raisePriority: RaisePriority;
  readonly log: Logger;
}

export interface ProberThreadData {
  readonly worker: bigint;
}

/** First the thread says which one it is. */
export type ProberMessage = { readonly thread: number } | { readonly number: number; readonly verdict: Verdict };

const restartMs = 100;

/** A prober in a thread of its own: what the rest of the process does makes no probe late. A thread that ends is started again. */
export function startThreadedProber(options: ThreadedProberOptions): Prober {
  return new ThreadedProber(options);
}

class ThreadedProber implements Prober {
  readonly #options: ThreadedProberOptions;
  readonly #keys = new Map<string, ProbeKeys>();
  readonly #verdicts = new Map<number, Verdict>();
  #targets: readonly KeyedTarget[] = [];
  #thread: Worker;
  #restart: NodeJS.Timeout | undefined;
  #isStopping = false;

  constructor(options: ThreadedProberOptions) {
    this.#options = options;
    this.#thread = this.#start();
  }

  probe(targets: readonly ProbeTarget[]): void {
    const keyed = targets.map(({ publicKey, ...target }) => ({ ...target, keys: this.#keysFor(publicKey) }));
    if (isDeepStrictEqual(keyed, this.#targets)) return;
    this.#targets = keyed;
    const numbers = new Set(keyed.map(({ number }) => number));
    for (const number of this.#verdicts.keys()) if (!numbers.has(number)) this.#verdicts.delete(number);
    this.#thread.postMessage(keyed);
  }

  verdictOf(number: number): Verdict {
    return this.#verdicts.get(number) ?? 'unknown';
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#restart);
    await this.#thread.terminate();
  }

  #start(): Worker {
    const { thread: program, publicKey, log } = this.#options;
    const workerData: ProberThreadData = { worker: workerIdOf(publicKey) };
    const thread = new Worker(program, { workerData, name: 'prober' });
    thread.on('message', (message: ProberMessage) => this.#hear(message));
    thread.on('error', (error) => log.error({ error: messageOf(error) }, 'the prober ended'));
    thread.once('exit', () => {
      if (!this.#isStopping) this.#restart = setTimeout(() => (this.#thread = this.#start()), restartMs);
    });
    if (this.#targets.length > 0) thread.postMessage(this.#targets);
    return thread;
  }

  #hear(message: ProberMessage): void {
    if ('thread' in message) {
      this.#options.log.info({ priority: this.#options.raisePriority(message.thread) }, 'the prober runs');
      return;
    }
    const { number, verdict } = message;
    // One about a gateway that is no longer probed was under way.
    if (!this.#targets.some((target) => target.number === number)) return;
    this.#verdicts.set(number, verdict);
    this.#options.onVerdict(number, verdict);
  }

  #keysFor(publicKey: string): ProbeKeys {
    const known = this.#keys.get(publicKey);
    if (known) return known;
    const keys = deriveProbeKeys(this.#options.privateKey, publicKey);
    this.#keys.set(publicKey, keys);
    return keys;
  }
}
