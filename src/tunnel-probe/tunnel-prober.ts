import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { isDeepStrictEqual } from 'node:util';
import { hasErrno, messageOf } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import { ProbeCount } from './probe-tally.ts';
import type { KeyedTarget, ProbeReport } from './prober.ts';
import { ask, defaultSilenceSettings, firstHearing, heard, type SilenceSettings, type TunnelHearing } from './tunnel-silence.ts';
import { encodePacket, parsePacket } from './wire-format.ts';

/** The descriptor of a UDP socket that sends by this device alone; `undefined`: there is no such device. */
export type OpenTunnelSocket = (device: string) => number | undefined;

export interface TunnelProberOptions {
  /** This node, as packets name it. */
  readonly worker: bigint;
  readonly openSocket: OpenTunnelSocket;
  /** A tunnel has gone silent, or speaks again. */
  readonly onChange: (number: number, isSilent: boolean) => void;
  readonly settings?: SilenceSettings;
  readonly log: Logger;
}

/**
 * Probes through tunnels, in the calling thread: it has ten seconds for a verdict. A tunnel without a device is not silent, and a device
 * that was made anew is asked anew.
 */
export class TunnelProber {
  readonly #options: TunnelProberOptions;
  readonly #probed = new Map<number, ProbedTunnel>();

  constructor(options: TunnelProberOptions) {
    this.#options = options;
  }

  probe(targets: readonly KeyedTarget[]): void {
    const wanted = new Map(targets.map((target) => [target.number, target]));
    for (const [number, tunnel] of this.#probed) {
      if (tunnel.isFor(wanted.get(number))) continue;
      tunnel.stop();
      this.#probed.delete(number);
    }
    for (const [number, target] of wanted)
      if (!this.#probed.has(number)) this.#probed.set(number, new ProbedTunnel(target, this.#options));
  }

  isSilent(number: number): boolean {
    return this.#probed.get(number)?.isSilent ?? false;
  }

  report(): ProbeReport['gateways'] {
    return [...this.#probed].map(([number, tunnel]) => ({ number, way: 'tunnel', tally: tunnel.tally() }));
  }

  stop(): void {
    for (const tunnel of this.#probed.values()) tunnel.stop();
    this.#probed.clear();
  }
}

class ProbedTunnel {
  readonly #target: KeyedTarget;
  readonly #options: TunnelProberOptions;
  readonly #settings: SilenceSettings;
  readonly #count = new ProbeCount();
  #hearing: TunnelHearing = firstHearing(performance.now());
  #socket: Socket | undefined;
  #isConnected = false;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(target: KeyedTarget, options: TunnelProberOptions) {
    this.#target = target;
    this.#options = options;
    this.#settings = options.settings ?? defaultSilenceSettings;
    this.#schedule(0);
  }

  get isSilent(): boolean {
    return this.#hearing.isSilent;
  }

  isFor(target: KeyedTarget | undefined): boolean {
    return target !== undefined && isDeepStrictEqual(endOf(target), endOf(this.#target));
  }

  tally(): ReturnType<ProbeCount['take']> {
    return this.#count.take(performance.now());
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#close();
  }

  /** What has come meanwhile is read from the socket before anything is called silence. */
  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    if (!this.#isStopped) this.#timer = setTimeout(() => setImmediate(() => this.#wake()), delayMs);
  }

  #wake(): void {
    if (this.#isStopped) return;
    if (!this.#socket) this.#open();
    else if (this.#isConnected) this.#ask(this.#socket);
  }

  #ask(socket: Socket): void {
    const nowMs = performance.now();
    this.#advance(ask(this.#hearing, nowMs, this.#settings));
    this.#send(socket, nowMs);
    this.#schedule(this.#hearing.dueMs - nowMs);
  }

  #send(socket: Socket, nowMs: number): void {
    const nonce = randomBytes(8).readBigUInt64BE();
    this.#count.sent(nonce, nowMs);
    const packet = encodePacket({ kind: 'probe', worker: this.#options.worker, nonce }, this.#target.keys.probe);
    socket.send(packet, (error) => {
      if (error) this.#onError(socket, error);
    });
  }

  /** Without a device nothing is known. */
  #open(): void {
    const { port, tunnelAddress } = this.#target;
    const descriptor = this.#openDescriptor();
    this.#schedule(this.#settings.interval);
    if (descriptor === undefined) return this.#advance(firstHearing(performance.now()));
    const socket = createSocket('udp4');
    this.#socket = socket;
    socket.on('message', (bytes) => this.#receive(bytes));
    socket.on('error', (error) => this.#onError(socket, error));
    socket.on('connect', () => this.#onConnect(socket));
    socket.bind({ fd: descriptor });
    // Connected: only then does the kernel report that nobody listens at the other end.
    socket.connect(port, tunnelAddress);
  }

  #onConnect(socket: Socket): void {
    if (socket !== this.#socket) return;
    this.#isConnected = true;
    this.#wake();
  }

  #openDescriptor(): number | undefined {
    const { openSocket, log } = this.#options;
    try {
      return openSocket(this.#target.device);
    } catch (error) {
      log.error({ error: messageOf(error) }, 'the tunnel cannot be probed');
      return undefined;
    }
  }

  #receive(bytes: Uint8Array): void {
    const { worker } = this.#options;
    const packet = parsePacket(bytes, (named) => (named === worker ? this.#target.keys.reply : undefined));
    if (packet?.kind === 'reply' && this.#count.answered(packet.nonce, performance.now())) this.#hear();
  }

  /** Whoever refuses is at the other end. Any other error is the device's: it went, and another one may carry its name. */
  #onError(socket: Socket, error: Error): void {
    if (socket !== this.#socket) return;
    if (!hasErrno(error, 'ECONNREFUSED')) return this.#close();
    this.#count.refused();
    this.#hear();
  }

  #hear(): void {
    if (!this.#isStopped) this.#advance(heard(this.#hearing, this.#settings));
  }

  #advance(hearing: TunnelHearing): void {
    const { isSilent } = this.#hearing;
    this.#hearing = hearing;
    if (hearing.isSilent !== isSilent) this.#options.onChange(this.#target.number, hearing.isSilent);
  }

  #close(): void {
    this.#socket?.close();
    this.#socket = undefined;
    this.#isConnected = false;
    this.#schedule(this.#settings.interval);
  }
}

/** What makes it another tunnel. */
function endOf({ device, tunnelAddress, port, keys }: KeyedTarget): object {
  return { device, tunnelAddress, port, keys };
}
