import { bindSocket, closeDescriptor, isErrno, openSocket, setSocketOption, setSocketText } from './libc.ts';
import { ipv4Bytes } from './netlink/attributes.ts';
import { inNetns } from './netns.ts';

const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_BINDTODEVICE = 25;

/**
 * A TCP socket bound to `address`:`port` inside the network namespace kept at `netns`. Returns the file descriptor, for
 * `server.listen({ fd })`: the server then answers in there, though its process lives elsewhere. Throws `SystemCall` (EADDRINUSE,
 * EADDRNOTAVAIL). Address layout: ip(7), `sockaddr_in`.
 */
export function bindInNetns(netns: string, { address, port }: { readonly address: string; readonly port: number }): number {
  const doing = `listen on ${address}:${String(port)} in ${netns}`;
  return inNetns(netns, () =>
    openConfigured(SOCK_STREAM, doing, (fd) => {
      setSocketOption(fd, { level: SOL_SOCKET, name: SO_REUSEADDR, value: 1 }, doing);
      bindSocket(fd, socketAddress(address, port), doing);
    }),
  );
}

/** The same for datagrams, on every address that the namespace has and will have: for `socket.bind({ fd })`. */
export function bindDatagramsInNetns(netns: string, port: number): number {
  const doing = `receive on UDP port ${String(port)} in ${netns}`;
  return inNetns(netns, () => openConfigured(SOCK_DGRAM, doing, (fd) => bindSocket(fd, socketAddress('0.0.0.0', port), doing)));
}

/**
 * A UDP socket that sends and receives by the link `device` alone, whatever the routing tables say: for `socket.bind({ fd })`. It is for
 * the link of now; to one of the same name that is made later it does not belong. `undefined`: there is no such link.
 */
export function openDeviceSocket(device: string): number | undefined {
  const doing = `open a socket of device ${device}`;
  try {
    return openConfigured(SOCK_DGRAM, doing, (fd) =>
      setSocketText(fd, { level: SOL_SOCKET, name: SO_BINDTODEVICE, value: device }, doing),
    );
  } catch (error) {
    if (isErrno(error, 'ENODEV')) return undefined;
    throw error;
  }
}

function openConfigured(type: number, doing: string, configure: (fd: number) => void): number {
  const fd = openSocket(AF_INET, type, 0, doing);
  try {
    configure(fd);
    return fd;
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
}

export function socketAddress(address: string, port: number): Uint8Array {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  bytes.set(ipv4Bytes(address), 4);
  return bytes;
}
