import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasErrno } from '../../../../src/base/error.ts';
import { socketAddress } from '../../../../src/linux/bound-socket.ts';
import {
  bindSocket,
  closeDescriptor,
  isErrno,
  openSocket,
  receive,
  sendTo,
  setSocketOption,
} from '../../../../src/linux/libc.ts';
import { connectInNetns } from '../../../../src/linux/netns-connection.ts';
import { inNetns } from '../../../../src/linux/netns.ts';
import { ports } from './fabric.ts';

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const IPPROTO_RAW = 255;
const SOL_SOCKET = 1;
const SO_MARK = 36;
const SOL_IP = 0;
const IP_TTL = 2;
const IP_MTU_DISCOVER = 10;
const IP_PMTUDISC_DO = 2;

interface UdpOptions {
  /** Source address; default: the namespace's choice. */
  readonly source?: string;
  /** Source port; default: any. */
  readonly port?: number;
  /** Packet mark (needs NET_ADMIN). */
  readonly mark?: number;
  readonly ttl?: number;
  readonly isIpv6?: boolean;
  /** No router may cut its datagrams. */
  readonly isUncuttable?: boolean;
}

/** A UDP socket inside the namespace; the process that sends lives elsewhere. */
export function openUdp(netns: string, options: UdpOptions = {}): UdpSocket {
  const { source = '0.0.0.0', port = 0, mark, ttl, isIpv6 = false, isUncuttable = false } = options;
  const doing = `open a UDP socket in ${netns}`;
  const settings = [
    ...(mark === undefined ? [] : [{ level: SOL_SOCKET, name: SO_MARK, value: mark }]),
    ...(ttl === undefined ? [] : [{ level: SOL_IP, name: IP_TTL, value: ttl }]),
    ...(isUncuttable ? [{ level: SOL_IP, name: IP_MTU_DISCOVER, value: IP_PMTUDISC_DO }] : []),
  ];
  const fd = inNetns(netns, () => {
    const opened = openSocket(isIpv6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0, doing);
    for (const setting of settings) setSocketOption(opened, setting, doing);
    if (!isIpv6) bindSocket(opened, socketAddress(source, port), doing);
    return opened;
  });
  const socket = createSocket(isIpv6 ? 'udp6' : 'udp4');
  socket.bind({ fd });
  return socket;
}

interface DatagramOptions extends UdpOptions {
  readonly count?: number;
  readonly size?: number;
  readonly destinationPort?: number;
  /** How long to wait for answers that do not come. */
  readonly waitMs?: number;
}

/** Sends datagrams to the echo port and returns how many were answered. */
export async function datagrams(netns: string, destination: string, options: DatagramOptions = {}): Promise<number> {
  const { count = 5, size = 10, destinationPort = ports.echo, waitMs = 1000 } = options;
  const socket = openUdp(netns, options);
  try {
    let answered = 0;
    const all = Promise.withResolvers<void>();
    socket.on('message', () => {
      answered += 1;
      if (answered === count) all.resolve();
    });
    for (let sent = 0; sent < count; sent += 1)
      socket.send(Buffer.alloc(size, 'd'), destinationPort, destination, () => undefined);
    await Promise.race([all.promise, sleep(waitMs)]);
    return answered;
  } finally {
    socket.close();
  }
}

/** Sends a datagram to one peer alone: the name of the error that the socket is told, or `answered`. */
export async function askConnected(netns: string, destination: string, options: DatagramOptions = {}): Promise<string> {
  const { destinationPort = ports.echo, waitMs = 5000 } = options;
  const socket = openUdp(netns, options);
  try {
    socket.connect(destinationPort, destination);
    await once(socket, 'connect');
    socket.send('?');
    await once(socket, 'message', { signal: AbortSignal.timeout(waitMs) });
    return 'answered';
  } catch (error) {
    return errorName(error);
  } finally {
    socket.close();
  }
}

interface ConnectOptions {
  readonly from: string;
  readonly port?: number;
  readonly timeoutMs?: number;
}

/** Asks the echo port once: `answered`, the error's name, or `timeout`. */
export async function connect(netns: string, destination: string, options: ConnectOptions): Promise<string> {
  const { from, port = ports.echo, timeoutMs = 5000 } = options;
  const socket = connectInNetns(netns, { from, address: destination, port });
  try {
    socket.write('?');
    const timeout = AbortSignal.timeout(timeoutMs);
    await once(socket, 'data', { signal: timeout });
    return 'answered';
  } catch (error) {
    return errorName(error);
  } finally {
    socket.destroy();
  }
}

function errorName(error: unknown): string {
  return ['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH'].find((code) => hasErrno(error, code)) ?? 'timeout';
}

/** Sends packets with their IPv4 headers as they are. One that the namespace's own kernel refuses is none. */
export function sendRaw(netns: string, packets: readonly Buffer[], { mark }: { readonly mark?: number } = {}): void {
  const doing = `send a packet from ${netns}`;
  const fd = inNetns(netns, () => openSocket(AF_INET, SOCK_RAW, IPPROTO_RAW, doing));
  try {
    if (mark !== undefined) setSocketOption(fd, { level: SOL_SOCKET, name: SO_MARK, value: mark }, doing);
    for (const packet of packets) {
      try {
        sendTo(fd, packet, socketAddress(packet.subarray(16, 20).join('.'), 0), doing);
      } catch (error) {
        if (!isErrno(error, 'EHOSTUNREACH', 'ENETUNREACH', 'EACCES', 'EPERM')) throw error;
      }
    }
  } finally {
    closeDescriptor(fd);
  }
}

/** Everything of one IP protocol that reaches the namespace from now on, each with its header. */
export function listenRaw(netns: string, protocol: number): { received(): Buffer[]; close(): void } {
  const doing = `listen in ${netns}`;
  const fd = inNetns(netns, () => openSocket(AF_INET, SOCK_RAW, protocol, doing));
  const buffer = Buffer.alloc(65_536);
  return {
    received() {
      const packets: Buffer[] = [];
      for (let length = receive(fd, buffer, doing); length !== undefined; length = receive(fd, buffer, doing))
        packets.push(Buffer.from(buffer.subarray(0, length)));
      return packets;
    },
    close: () => closeDescriptor(fd),
  };
}
