import { bindSocket, closeDescriptor, openSocket, setSocketOption } from './libc.ts';
import { ipv4Bytes } from './netlink/attributes.ts';
import { inNetns } from './netns.ts';

const AF_INET = 2;
const SOCK_STREAM = 1;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;

/**
 * A TCP socket bound to `address`:`port` inside the network namespace kept at `netns`. Returns the file descriptor, for
 * `server.listen({ fd })`: the server then answers in there, though its process lives elsewhere. Throws `SystemCall` (EADDRINUSE,
 * EADDRNOTAVAIL). Address layout: ip(7), `sockaddr_in`.
 */
export function bindInNetns(netns: string, { address, port }: { readonly address: string; readonly port: number }): number {
  const doing = `listen on ${address}:${String(port)} in ${netns}`;
  return inNetns(netns, () => {
    const fd = openSocket(AF_INET, SOCK_STREAM, 0, doing);
    try {
      setSocketOption(fd, { level: SOL_SOCKET, name: SO_REUSEADDR, value: 1 }, doing);
      bindSocket(fd, socketAddress(address, port), doing);
      return fd;
    } catch (error) {
      closeDescriptor(fd);
      throw error;
    }
  });
}

export function socketAddress(address: string, port: number): Uint8Array {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  bytes.set(ipv4Bytes(address), 4);
  return bytes;
}
