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
import { ProbeCount } from './probe-tally.ts';
import type { KeyedTarget, ProbeReport } from './prober.ts';
import { encodePacket, parsePacket } from './wire-format.ts';

export interface ProberLoopOptions {
  /** This node, as packets name it. */
  readonly worker: bigint;
  readonly onVerdict: (number: number, verdict: Verdict) => void;
  /** Packets received out of a tunnel's device so far; 0 when there is none. */
  readonly tunnelPackets: (device: string) => number;
  readonly settings?: DetectorSettings;
}

export interface ProberLoop {
  probe(targets: readonly KeyedTarget[]): void;
  /** Since the last one. */
  report(): ProbeReport;
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
    report() {
      const reports = [...probed.values()].map((gateway) => gateway.report());
      return { gateways: reports.flatMap(({ gateways }) => gateways), lateMs: reports.flatMap(({ lateMs }) => lateMs) };
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
  readonly #count = new ProbeCount();
  #lateMs: number[] = [];
  #target: KeyedTarget;
  #detection: Detection;
  #timer: NodeJS.Timeout | undefined;
  #connection: 'none' | 'under way' | 'made' = 'none';
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
    this.#socket.on('connect', () => this.#onConnect());
    this.#connect();
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

  report(): ProbeReport {
    const { number } = this.#target;
    const report = {
      gateways: [{ number, way: 'node' as const, tally: this.#count.take(performance.now()) }],
      lateMs: this.#lateMs,
    };
    this.#lateMs = [];
    return report;
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#socket.close();
  }

  /** Evidence out of the tunnel is asked for when a reply is overdue, not at each probe. */
  #look(): void {
    if (this.#isStopped) return;
    // A reply between the timer and this look has put it off; and timers are early by parts of a millisecond.
    if (performance.now() + timerResolutionMs < this.#detection.dueMs) return this.#schedule();
    this.#lateMs.push(Math.max(0, performance.now() - this.#detection.dueMs));
    const nonce = randomBytes(8).readBigUInt64BE();
    const tunnelPackets = this.#detection.awaited.length > 0 ? this.#options.tunnelPackets(this.#target.device) : 0;
    const around = { nowMs: performance.now(), nonce, isLast: this.#isLast, tunnelPackets };
    const { detection, sends } = look(this.#detection, around, this.#settings);
    if (sends) this.#send(nonce, around.nowMs);
    this.#advance(detection);
  }

  /** Only from a connected socket does the kernel report that nobody listens there. Without a route it cannot be connected. */
  #connect(): void {
    if (this.#connection !== 'none') return;
    this.#connection = 'under way';
    this.#socket.connect(this.#target.port, this.#target.address);
  }

  #onConnect(): void {
    this.#connection = 'made';
    if (this.#timer === undefined) this.#look();
  }

  #send(nonce: bigint, nowMs: number): void {
    this.#count.sent(nonce, nowMs);
    if (this.#connection !== 'made') return this.#connect();
    const packet = encodePacket({ kind: 'probe', worker: this.#options.worker, nonce }, this.#target.keys.probe);
    this.#socket.send(packet, (error) => {
      if (error) this.#onError(error);
    });
  }

  #receive(bytes: Uint8Array): void {
    const { worker } = this.#options;
    const packet = parsePacket(bytes, (named) => (named === worker ? this.#target.keys.reply : undefined));
    if (packet?.kind !== 'reply' || this.#isStopped) return;
    const nowMs = performance.now();
    this.#count.answered(packet.nonce, nowMs);
    this.#advance(replied(this.#detection, packet, { nowMs, isLast: this.#isLast }, this.#settings));
  }

  /** Another error, such as no route, is a probe without a reply. */
  #onError(error: Error): void {
    if (this.#isStopped) return;
    if (this.#connection === 'under way') {
      this.#connection = 'none';
      if (this.#timer === undefined) this.#look();
      return;
    }
    if (!hasErrno(error, 'ECONNREFUSED')) return;
    this.#count.refused();
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
