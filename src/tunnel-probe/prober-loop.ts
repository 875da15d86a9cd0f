import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { isDeepStrictEqual } from 'node:util';
import { hasErrno } from '../base/error.ts';
import {
  defaultDetectorSettings,
  firstDetection,
  look,
  refused,
  replied,
  type Detection,
  type DetectorSettings,
  type Verdict,
} from './detector.ts';
import type { KeyedTarget, OnVerdict } from './prober.ts';
import { encodePacket, parsePacket } from './wire-format.ts';

export interface ProberLoopOptions {
  /** This node, as packets name it. */
  readonly worker: bigint;
  readonly onVerdict: OnVerdict;
  /** Packets received out of a tunnel's device so far; 0 when there is none. */
  readonly tunnelPackets: (device: string) => number;
  readonly settings?: DetectorSettings;
}

export interface ProberLoop {
  probe(targets: readonly KeyedTarget[]): void;
  stop(): void;
}

/** Probes with sockets and timers of the calling thread. Starts with no target. */
export function startProberLoop(options: ProberLoopOptions): ProberLoop {
  const probed = new Map<number, ProbedGateway>();
  const isAlive = (number: number): boolean => probed.get(number)?.isAlive ?? false;
  return {
    probe(targets) {
      const wanted = new Map(targets.map((target) => [target.number, target]));
      for (const [number, gateway] of probed)
        if (!gateway.follows(wanted.get(number))) {
          gateway.stop();
          probed.delete(number);
        }
      for (const [number, target] of wanted)
        if (!probed.has(number)) probed.set(number, new ProbedGateway(target, options, isAlive));
    },
    stop() {
      for (const gateway of probed.values()) gateway.stop();
      probed.clear();
    },
  };
}

const timerResolutionMs = 1;

class ProbedGateway {
  readonly #options: ProberLoopOptions;
  readonly #settings: DetectorSettings;
  readonly #isAlive: (number: number) => boolean;
  readonly #socket: Socket;
  #target: KeyedTarget;
  #detection: Detection;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(target: KeyedTarget, options: ProberLoopOptions, isAlive: (number: number) => boolean) {
    this.#target = target;
    this.#options = options;
    this.#settings = options.settings ?? defaultDetectorSettings;
    this.#isAlive = isAlive;
    this.#detection = firstDetection(performance.now());
    this.#socket = createSocket('udp4');
    this.#socket.on('message', (bytes) => this.#receive(bytes));
    this.#socket.on('error', (error) => this.#onError(error));
    // Connected: only then does the kernel report that nobody listens there.
    this.#socket.connect(target.port, target.address, () => this.#look());
  }

  get isAlive(): boolean {
    return isUsable(this.#detection.verdict);
  }

  /** Goes on with the changed target when it is still the same gateway. */
  follows(target: KeyedTarget | undefined): boolean {
    if (target === undefined || !isDeepStrictEqual(identityOf(target), identityOf(this.#target))) return false;
    this.#target = target;
    return true;
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#socket.close();
  }

  #look(): void {
    if (this.#isStopped) return;
    // A reply between the timer and this look has put it off; and timers are early by parts of a millisecond.
    if (performance.now() + timerResolutionMs < this.#detection.dueMs) return this.#schedule();
    const nonce = randomBytes(8).readBigUInt64BE();
    const tunnelPackets = this.#options.tunnelPackets(this.#target.device);
    const around = { nowMs: performance.now(), nonce, isLast: this.#isLast, tunnelPackets };
    const { detection, sends } = look(this.#detection, around, this.#settings);
    if (sends) this.#send(nonce);
    this.#advance(detection);
  }

  #send(nonce: bigint): void {
    const packet = encodePacket({ kind: 'probe', worker: this.#options.worker, nonce }, this.#target.keys.probe);
    this.#socket.send(packet, (error) => {
      if (error) this.#onError(error);
    });
  }

  #receive(bytes: Uint8Array): void {
    const { worker } = this.#options;
    const packet = parsePacket(bytes, (named) => (named === worker ? this.#target.keys.reply : undefined));
    if (packet?.kind !== 'reply' || this.#isStopped) return;
    this.#advance(replied(this.#detection, packet, { nowMs: performance.now(), isLast: this.#isLast }, this.#settings));
  }

  /** Another error, such as no route, is a probe without a reply. */
  #onError(error: Error): void {
    if (this.#isStopped || !hasErrno(error, 'ECONNREFUSED')) return;
    this.#advance(refused(this.#detection, { nowMs: performance.now() }, this.#settings));
  }

  get #isLast(): boolean {
    return !this.#target.alternatives.some((number) => number !== this.#target.number && this.#isAlive(number));
  }

  #advance(detection: Detection): void {
    const { verdict, dueMs } = this.#detection;
    this.#detection = detection;
    if (detection.dueMs !== dueMs || this.#timer === undefined) this.#schedule();
    if (detection.verdict !== verdict) this.#options.onVerdict(this.#target.number, detection.verdict);
  }

  /** What has come meanwhile is read from the socket before anything is called lost. */
  #schedule(): void {
    clearTimeout(this.#timer);
    const delayMs = Math.ceil(Math.max(0, this.#detection.dueMs - performance.now()));
    this.#timer = setTimeout(() => setImmediate(() => this.#look()), delayMs);
  }
}

function isUsable(verdict: Verdict): boolean {
  return verdict === 'ready' || verdict === 'draining';
}

function identityOf({ alternatives: _alternatives, ...identity }: KeyedTarget): object {
  return identity;
}
