import { SegwError } from '../../base/error.ts';
import { closeDescriptor, isErrno, openSocket, receive, send, sendInPool, setSocketOption, systemCallError } from '../libc.ts';
import { NLMSG, NLM_F, decodeMessages, decodeVerdict, encodeMessage, type NetlinkMessage } from './message.ts';

export interface NetlinkRequest {
  /** For errors: `create link wg0`. */
  readonly doing: string;
  readonly type: number;
  /** Besides `NLM_F_REQUEST` and `NLM_F_ACK`. */
  readonly flags?: number;
  /** The family's header and the attributes, in order. */
  readonly payload: readonly Buffer[];
}

/** The netlink families that we speak (linux/netlink.h). */
const families = { route: 0, netfilter: 12, generic: 16 } as const;

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOL_NETLINK = 270;
/** Ask for readable errors, short ones, and filters of dumps that are obeyed (NETLINK_EXT_ACK, _CAP_ACK, _GET_STRICT_CHK). */
const socketOptions = [11, 10, 12];

/** Their acknowledgements fit into the default receive buffer (208 KiB) several times over. */
const requestsPerSend = 128;
/** The kernel fills at most 32 KiB at once (af_netlink.c, netlink_dump). */
const receiveBufferSize = 0x1_0000;
const dumpAttempts = 10;

interface ExecuteOptions {
  /** Refusals for these reasons count as done: `ENODEV` where something is deleted. */
  readonly tolerate?: readonly string[];
}

interface Exchange {
  readonly doing: string;
  readonly replies: NetlinkMessage[];
  isInterrupted: boolean;
  isDone: boolean;
  error?: SegwError;
}

/** A socket of rtnetlink in the namespace of the calling thread: `inNetns(path, openRouteSocket)` for any other. */
export function openRouteSocket(): NetlinkSocket {
  return new NetlinkSocket('route');
}

/** A socket of generic netlink (WireGuard), likewise. */
export function openGenericSocket(): NetlinkSocket {
  return new NetlinkSocket('generic');
}

/** A socket for nfnetlink subsystems (conntrack), likewise. */
export function openNetfilterSocket(): NetlinkSocket {
  return new NetlinkSocket('netfilter');
}

/**
 * Requests to the kernel. A socket belongs for life to the network namespace that it was opened in, wherever it is used from. The
 * kernel answers before `send` returns, so nothing here waits; what takes the kernel long has `executeInPool`. Not for notifications.
 */
export class NetlinkSocket {
  readonly #fd: number;
  readonly #family: string;
  readonly #buffer = Buffer.alloc(receiveBufferSize);
  readonly #exchanges = new Map<number, Exchange>();
  #sequence = 0;

  constructor(family: keyof typeof families) {
    this.#family = family;
    const doing = `open a ${family} netlink socket`;
    this.#fd = openSocket(AF_NETLINK, SOCK_RAW, families[family], doing);
    for (const name of socketOptions) setSocketOption(this.#fd, { level: SOL_NETLINK, name, value: 1 }, doing);
  }

  /** Every request is tried, in order; throws the first refusal. Returns the replies of all. */
  execute(requests: readonly NetlinkRequest[], options: ExecuteOptions = {}): NetlinkMessage[] {
    const exchanges: Exchange[] = [];
    for (let start = 0; start < requests.length; start += requestsPerSend) {
      const { bytes, opened } = this.#open(requests.slice(start, start + requestsPerSend), NLM_F.ack);
      send(this.#fd, bytes, opened[0]?.doing ?? '');
      this.#finish(opened);
      exchanges.push(...opened);
    }
    return conclude(exchanges, options);
  }

  /** One request, without blocking the event loop meanwhile. Other requests may be made on the socket at the same time. */
  async executeInPool(request: NetlinkRequest, options: ExecuteOptions = {}): Promise<void> {
    const { bytes, opened } = this.#open([request], NLM_F.ack);
    await sendInPool(this.#fd, bytes, request.doing);
    this.#finish(opened);
    conclude(opened, options);
  }

  /** All objects that `request` asks for; asked again when they changed in between. */
  dump(request: NetlinkRequest, options: ExecuteOptions = {}): NetlinkMessage[] {
    for (let attempt = 0; attempt < dumpAttempts; attempt += 1) {
      const { bytes, opened } = this.#open([request], NLM_F.dump);
      send(this.#fd, bytes, request.doing);
      const replies = this.#finishDump(opened, options);
      if (replies) return replies;
    }
    throw changedTooOften(request);
  }

  /**
   * The same without blocking the event loop, for tables that the kernel takes long to look through. A socket has one dump at a time, so
   * nothing else may be dumped on it meanwhile.
   */
  async dumpInPool(request: NetlinkRequest, options: ExecuteOptions = {}): Promise<NetlinkMessage[]> {
    for (let attempt = 0; attempt < dumpAttempts; attempt += 1) {
      const { bytes, opened } = this.#open([request], NLM_F.dump);
      await sendInPool(this.#fd, bytes, request.doing);
      const replies = this.#finishDump(opened, options);
      if (replies) return replies;
    }
    throw changedTooOften(request);
  }

  /** Only after every request in the pool has ended. */
  close(): void {
    closeDescriptor(this.#fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #open(requests: readonly NetlinkRequest[], flags: number): { bytes: Buffer; opened: Exchange[] } {
    const opened: Exchange[] = [];
    const messages = requests.map((request) => {
      this.#sequence = (this.#sequence + 1) >>> 0;
      const exchange: Exchange = { doing: request.doing, replies: [], isInterrupted: false, isDone: false };
      this.#exchanges.set(this.#sequence, exchange);
      opened.push(exchange);
      return encodeMessage({
        type: request.type,
        flags: NLM_F.request | flags | (request.flags ?? 0),
        sequence: this.#sequence,
        payload: Buffer.concat(request.payload),
      });
    });
    return { bytes: Buffer.concat(messages), opened };
  }

  /** Reads until all of `opened` are answered; answers to others, sent through the pool, are kept for them. */
  #finish(opened: readonly Exchange[]): void {
    while (opened.some(({ isDone }) => !isDone)) {
      const length = receive(this.#fd, this.#buffer, `read answers of ${this.#family} netlink`);
      if (length === undefined) throw new SegwError('Internal', `${opened[0]?.doing ?? ''}: the kernel gave no answer`);
      // A copy, since the replies outlive the buffer.
      for (const message of decodeMessages(Buffer.from(this.#buffer.subarray(0, length)))) this.#file(message);
    }
  }

  /** `undefined`: something changed meanwhile. */
  #finishDump(opened: readonly Exchange[], options: ExecuteOptions): NetlinkMessage[] | undefined {
    this.#finish(opened);
    const replies = conclude(opened, options);
    return opened.some(({ isInterrupted }) => isInterrupted) ? undefined : replies;
  }

  #file(message: NetlinkMessage): void {
    const exchange = this.#exchanges.get(message.sequence);
    if (!exchange) return;
    if (message.flags & NLM_F.dumpInterrupted) exchange.isInterrupted = true;
    if (message.type !== NLMSG.error && message.type !== NLMSG.done) {
      exchange.replies.push(message);
      return;
    }
    const { errno, text } = decodeVerdict(message);
    if (errno !== 0) exchange.error = systemCallError(exchange.doing, errno, text || `${this.#family} netlink`);
    exchange.isDone = true;
    this.#exchanges.delete(message.sequence);
  }
}

function changedTooOften({ doing }: NetlinkRequest): SegwError {
  return new SegwError('SystemCall', `${doing}: changed during each of ${String(dumpAttempts)} reads`, { retryable: true });
}

function conclude(exchanges: readonly Exchange[], { tolerate = [] }: ExecuteOptions): NetlinkMessage[] {
  const failed = exchanges.find(({ error }) => error && !isErrno(error, ...tolerate));
  if (failed?.error) throw failed.error;
  return exchanges.flatMap(({ replies }) => replies);
}
