import { once } from 'node:events';
import { request } from 'node:http';
import type { Socket } from 'node:net';
import type { ProbeTarget } from './desired-probes.ts';

/** A connection to the member that is being made, from inside its network. */
export type ConnectToMember = (target: ProbeTarget) => Socket;

/** One question of a health probe: a TCP connection, or a GET that answers 200. False when it does not, or not before `signal`. */
export async function askMember(connect: ConnectToMember, target: ProbeTarget, signal: AbortSignal): Promise<boolean> {
  try {
    return await (target.path === undefined ? connects(connect(target), signal) : answersOk(connect, target, signal));
  } catch {
    return false;
  }
}

async function connects(socket: Socket, signal: AbortSignal): Promise<boolean> {
  try {
    await once(socket, 'connect', { signal });
    return true;
  } finally {
    socket.destroy();
  }
}

async function answersOk(connect: ConnectToMember, target: ProbeTarget, signal: AbortSignal): Promise<boolean> {
  const { address, port, path } = target;
  // With an agent, also with `agent: false`, Node makes the connection itself.
  const sent = request({ host: address, port, path, signal, createConnection: () => connect(target) }).end();
  const answered = Promise.withResolvers<boolean>();
  sent.on('response', (response) => {
    response.resume();
    answered.resolve(response.statusCode === 200);
  });
  sent.on('error', answered.reject);
  try {
    return await answered.promise;
  } finally {
    sent.destroy();
  }
}
