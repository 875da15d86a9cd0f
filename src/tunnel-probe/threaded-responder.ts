import { isDeepStrictEqual } from 'node:util';
import { Worker } from 'node:worker_threads';
import { messageOf, SegwError } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import type { Secret } from '../base/secret.ts';
import { type AnswerCell, beat, createAnswerCell, readAnswer, writeAnswer } from './answer-cell.ts';
import type { RaisePriority } from './own-thread.ts';
import { deriveProbeKeys, type ProbeKeys } from './probe-keys.ts';
import type { Responder } from './responder.ts';
import { TunnelResponder, type TunnelEnd } from './tunnel-responder.ts';
import { workerIdOf } from './wire-format.ts';

export interface ThreadedResponderOptions {
  /** The program of the thread; it gets `ResponderThreadData`, is sent `ResponderKeys`, and sends `ResponderMessage` when it listens. */
  readonly thread: URL;
  /** Of this node, in WireGuard's form. */
  readonly privateKey: Secret;
  readonly address: string;
  readonly port: number;
  readonly tunnelEnd: TunnelEnd;
  readonly raisePriority: RaisePriority;
  /** The thread that answers has started, with this priority. */
  readonly onPriority: (priority: string) => void;
  readonly log: Logger;
}

export interface ResponderThreadData {
  readonly address: string;
  readonly port: number;
  readonly cell: AnswerCell;
}

export interface ResponderMessage {
  readonly thread: number;
  readonly port: number;
}

/** By the worker that packets name. */
export type ResponderKeys = ReadonlyMap<bigint, ProbeKeys>;

const beatMs = 1000;
const restartMs = 100;

/**
 * A responder whose probes between nodes are answered by a thread of its own: what the rest of the process does makes no answer late. A
 * thread that ends is started again. Probes through the tunnels are answered by the calling thread.
 * Throws `PortTaken` when the port cannot be had.
 */
export async function startThreadedResponder(options: ThreadedResponderOptions): Promise<Responder> {
  const responder = new ThreadedResponder(options);
  try {
    await responder.listening;
  } catch (error) {
    await responder.stop();
    const { address, port } = options;
    throw new SegwError('PortTaken', `listen on ${address}:${String(port)} (UDP) for probes: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return responder;
}

class ThreadedResponder implements Responder {
  readonly #options: ThreadedResponderOptions;
  readonly #cell = createAnswerCell();
  readonly #tunnels: TunnelResponder;
  readonly #beat: NodeJS.Timeout;
  readonly #listening = Promise.withResolvers<void>();
  #keys: ResponderKeys = new Map();
  #thread: Worker;
  #restart: NodeJS.Timeout | undefined;
  #hasListened = false;
  #isStopping = false;
  #port = 0;

  constructor(options: ThreadedResponderOptions) {
    this.#options = options;
    this.#tunnels = new TunnelResponder({
      end: options.tunnelEnd,
      keysOf: (worker) => this.#keys.get(worker),
      answer: () => readAnswer(this.#cell),
      log: options.log,
    });
    this.#thread = this.#start();
    this.#beat = setInterval(() => beat(this.#cell), beatMs);
  }

  get listening(): Promise<void> {
    return this.#listening.promise;
  }

  get port(): number {
    return this.#port;
  }

  setWorkers(publicKeys: readonly string[]): void {
    const keys = new Map(publicKeys.map((key) => [workerIdOf(key), this.#keysFor(key)]));
    if (isDeepStrictEqual(keys, this.#keys)) return;
    this.#keys = keys;
    this.#thread.postMessage(keys);
  }

  setAnswer(answer: Parameters<Responder['setAnswer']>[0]): void {
    writeAnswer(this.#cell, answer);
  }

  refresh(): void {
    this.#tunnels.refresh();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#beat);
    clearTimeout(this.#restart);
    await Promise.all([this.#thread.terminate(), this.#tunnels.stop()]);
  }

  #start(): Worker {
    const { thread: program, address, port, log } = this.#options;
    const workerData: ResponderThreadData = { address, port, cell: this.#cell };
    const thread = new Worker(program, { workerData, name: 'responder' });
    thread.on('message', (heard: ResponderMessage) => {
      this.#raise(heard.thread);
      this.#hasListened = true;
      this.#port = heard.port;
      this.#listening.resolve();
    });
    thread.on('error', (error) => {
      this.#listening.reject(error);
      log.error({ error: messageOf(error) }, 'the responder ended');
    });
    thread.once('exit', () => {
      if (!this.#isStopping && this.#hasListened) this.#restart = setTimeout(() => (this.#thread = this.#start()), restartMs);
    });
    if (this.#keys.size > 0) thread.postMessage(this.#keys);
    return thread;
  }

  #raise(thread: number): void {
    const { raisePriority, onPriority, log } = this.#options;
    const priority = raisePriority(thread);
    log.info({ priority }, 'the responder runs');
    onPriority(priority);
  }

  #keysFor(publicKey: string): ProbeKeys {
    return this.#keys.get(workerIdOf(publicKey)) ?? deriveProbeKeys(this.#options.privateKey, publicKey);
  }
}
