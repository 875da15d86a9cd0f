import { randomBytes } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { messageOf } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import {
  defaultDetectorSettings,
  firstDetection,
  probeSent,
  replyReceived,
  type Detection,
  type DetectorSettings,
  type Verdict,
} from './detector.ts';
import { encodePacket, parsePacket } from './wire-format.ts';

export interface ProbeTarget {
  /** The gateway's number. */
  readonly number: number;
  readonly address: string;
  readonly port: number;
}

export interface ProberOptions {
  /** Called when a verdict has changed. */
  readonly onVerdict: (number: number, verdict: Verdict) => void;
  readonly settings?: DetectorSettings;
  readonly log: Logger;
}

export interface Prober {
  /** Who is probed from now on. What is known of those that stay, at the same address, is kept. */
  probe(targets: readonly ProbeTarget[]): void;
  /** `unknown` for a gateway that is not probed. */
  verdictOf(number: number): Verdict;
  stop(): Promise<void>;
}

/** Asks gateways how they are, from node address to node address. Starts with none. */
export function startProber(options: ProberOptions): Prober {
  const run = new ProberRun(options);
  return {
    probe: (targets) => run.probe(targets),
    verdictOf: (number) => run.verdictOf(number),
    stop: () => run.stop(),
  };
}

interface Probed {
  readonly target: ProbeTarget;
  detection: Detection;
}

class ProberRun {
  readonly #options: ProberOptions;
  readonly #settings: DetectorSettings;
  readonly #socket: Socket = createSocket('udp4');
  readonly #probed = new Map<number, Probed>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: ProberOptions) {
    this.#options = options;
    this.#settings = options.settings ?? defaultDetectorSettings;
    this.#socket.on('message', (bytes, from) => this.#receive(bytes, from));
    this.#socket.on('error', (error) => options.log.warn({ error: messageOf(error) }, 'probe socket failed'));
    this.#socket.bind();
    // After a late timer the replies that wait in the socket are read before anything is called lost.
    this.#timer = setInterval(() => setImmediate(() => this.#sendAll()), this.#settings.intervalMs);
  }

  probe(targets: readonly ProbeTarget[]): void {
    const wanted = new Map(targets.map((target) => [target.number, target]));
    for (const [number, { target }] of this.#probed) if (!isSame(target, wanted.get(number))) this.#probed.delete(number);
    for (const [number, target] of wanted)
      if (!this.#probed.has(number)) this.#probed.set(number, { target, detection: firstDetection });
  }

  verdictOf(number: number): Verdict {
    return this.#probed.get(number)?.detection.verdict ?? 'unknown';
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#probed.clear();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.close(resolve);
    await promise;
  }

  #sendAll(): void {
    for (const probed of this.#probed.values()) {
      const nonce = randomBytes(8).readBigUInt64BE();
      this.#advance(probed, probeSent(probed.detection, nonce, this.#settings));
      const { address, port } = probed.target;
      // A send that fails (no route) is a probe without a reply.
      this.#socket.send(encodePacket({ kind: 'probe', nonce }), port, address, () => undefined);
    }
  }

  #receive(bytes: Uint8Array, { address }: RemoteInfo): void {
    const packet = parsePacket(bytes);
    if (packet?.kind !== 'reply') return;
    for (const probed of this.#probed.values())
      if (probed.target.address === address) this.#advance(probed, replyReceived(probed.detection, packet.nonce, packet.answer));
  }

  #advance(probed: Probed, detection: Detection): void {
    const before = probed.detection.verdict;
    probed.detection = detection;
    if (detection.verdict !== before) this.#options.onVerdict(probed.target.number, detection.verdict);
  }
}

function isSame(a: ProbeTarget, b: ProbeTarget | undefined): boolean {
  return a.address === b?.address && a.port === b.port;
}
