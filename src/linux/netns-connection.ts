import { Socket } from 'node:net';
import { socketAddress } from './bound-socket.ts';
import { bindSocket, closeDescriptor, openSocket } from './libc.ts';
import { inNetns } from './netns.ts';

const AF_INET = 2;
const SOCK_STREAM = 1;

interface Route {
  /** The source address: the namespace has to have it. */
  readonly from: string;
  readonly address: string;
  readonly port: number;
}

/**
 * Connects from inside the network namespace kept at `netns`, though its process lives elsewhere. The answer is a socket that is still
 * connecting: `connect` and `error` tell. Throws `SystemCall` (no such namespace, EADDRNOTAVAIL).
 */
export function connectInNetns(netns: string, { from, address, port }: Route): Socket {
  const doing = `connect to ${address}:${String(port)} in ${netns}`;
  const fd = inNetns(netns, () => {
    const opened = openSocket(AF_INET, SOCK_STREAM, 0, doing);
    try {
      bindSocket(opened, socketAddress(from, 0), doing);
      return opened;
    } catch (error) {
      closeDescriptor(opened);
      throw error;
    }
  });
  return new Socket({ fd }).connect({ host: address, port });
}
