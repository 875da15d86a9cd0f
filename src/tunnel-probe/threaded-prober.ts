import { isDeepStrictEqual } from 'node:util';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../base/error.ts';
import { hostClockMs } from '../base/host-clock.ts';
import type { Logger } from '../base/log.ts';
import type { Secret } from '../base/secret.ts';
import type { Verdict } from './detector.ts';
import type { RaisePriority } from './own-thread.ts';
import { deriveProbeKeys, type ProbeKeys } from './probe-keys.ts';
import type { KeyedTarget, Prober, ProbeObserver, ProbeReport, ProbeTarget } from './prober.ts';
import { TunnelProber, type OpenTunnelSocket } from './tunnel-prober.ts';
import type { SilenceSettings } from './tunnel-silence.ts';
import { workerIdOf } from './wire-format.ts';

export interface ThreadedProberOptions {
  /** The program of the thread; it gets `ProberThreadData`, is sent `readonly KeyedTarget[]`, and sends `ProberMessage`. */
  readonly thread: URL;
  /** Of this node, in WireGuard's form. */
  readonly privateKey: Secret;
  readonly publicKey: string;
  readonly observer: ProbeObserver;
  readonly raisePriority: RaisePriority;
  readonly openTunnelSocket: OpenTunnelSocket;
  /** When a tunnel is silent. */
  readonly silence?: SilenceSettings;
  readonly log: Logger;
}

export interface ProberThreadData {
  readonly worker: bigint;
}

/** First the thread says which one it is. */
export type ProberMessage =
  | { readonly thread: number }
  | { readonly number: number; readonly verdict: Verdict; readonly atMs: number }
  | { readonly report: ProbeReport };

const restartMs = 100;

/**
 * A prober whose probes between nodes are sent by a thread of its own: what the rest of the process does makes none of them late. A thread
 * that ends is started again. A gateway that answers there, but not through its tunnel for ten seconds, is dead as well.
 */
export function startThreadedProber(options: ThreadedProberOptions): Prober {
  return new ThreadedProber(options);
}

class ThreadedProber implements Prober {
  readonly #options: ThreadedProberOptions;
  readonly #keys = new Map<string, ProbeKeys>();
  /** What probes between nodes say. */
  readonly #verdicts = new Map<number, Verdict>();
  readonly #tunnels: TunnelProber;
  #targets: readonly KeyedTarget[] = [];
  #thread: Worker;
  #restart: NodeJS.Timeout | undefined;
  #isStopping = false;

  constructor(options: ThreadedProberOptions) {
    this.#options = options;
    this.#tunnels = new TunnelProber({
      worker: workerIdOf(options.publicKey),
      openSocket: options.openTunnelSocket,
      onChange: (number, isSilent) => this.#onTunnel(number, isSilent),
      ...(options.silence && { settings: options.silence }),
      log: options.log,
    });
    this.#thread = this.#start();
  }

  probe(targets: readonly ProbeTarget[]): void {
    const keyed = targets.map(({ publicKey, ...target }) => ({ ...target, keys: this.#keysFor(publicKey) }));
    if (isDeepStrictEqual(keyed, this.#targets)) return;
    this.#targets = keyed;
    const numbers = new Set(keyed.map(({ number }) => number));
    for (const number of this.#verdicts.keys()) if (!numbers.has(number)) this.#verdicts.delete(number);
    this.#tunnels.probe(keyed);
    this.#instruct(this.#thread);
  }

  verdictOf(number: number): Verdict {
    const verdict = this.#verdicts.get(number) ?? 'unknown';
    return this.#tunnels.isSilent(number) && (verdict === 'ready' || verdict === 'draining') ? 'dead' : verdict;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#restart);
    this.#tunnels.stop();
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
    if (this.#targets.length > 0) this.#instruct(thread);
    return thread;
  }

  /** Whoever is silent in its tunnel takes nothing over. */
  #instruct(thread: Worker): void {
    const alternativesOf = ({ alternatives }: KeyedTarget) => alternatives.filter((number) => !this.#tunnels.isSilent(number));
    const targets: readonly KeyedTarget[] = this.#targets.map((target) => ({ ...target, alternatives: alternativesOf(target) }));
    thread.postMessage(targets);
  }

  #hear(message: ProberMessage): void {
    const { observer } = this.#options;
    if ('thread' in message) this.#raise(message.thread);
    else if ('report' in message) {
      const { gateways, lateMs } = message.report;
      observer.onReport({ gateways: [...gateways, ...this.#tunnels.report()], lateMs });
    } else this.#onVerdict(message);
  }

  #raise(thread: number): void {
    const { raisePriority, observer, log } = this.#options;
    const priority = raisePriority(thread);
    log.info({ priority }, 'the prober runs');
    observer.onPriority(priority);
  }

  #onVerdict({ number, verdict, atMs }: Extract<ProberMessage, { verdict: unknown }>): void {
    // One about a gateway that is no longer probed was under way.
    if (!this.#targets.some((target) => target.number === number)) return;
    const before = this.verdictOf(number);
    this.#verdicts.set(number, verdict);
    const after = this.verdictOf(number);
    if (after !== before) this.#options.observer.onVerdict(number, after, atMs);
  }

  #onTunnel(number: number, isSilent: boolean): void {
    const { log, observer } = this.#options;
    log.warn({ gateway: number, isSilent }, isSilent ? 'nothing comes through the tunnel' : 'the tunnel speaks again');
    this.#instruct(this.#thread);
    const verdict = this.#verdicts.get(number);
    if (verdict === 'ready' || verdict === 'draining') observer.onVerdict(number, this.verdictOf(number), hostClockMs());
  }

  #keysFor(publicKey: string): ProbeKeys {
    const known = this.#keys.get(publicKey);
    if (known) return known;
    const keys = deriveProbeKeys(this.#options.privateKey, publicKey);
    this.#keys.set(publicKey, keys);
    return keys;
  }
}
