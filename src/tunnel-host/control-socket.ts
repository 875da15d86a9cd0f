import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { socketPath } from './tunnel-files.ts';

/** Whether a process of wireguard-go listens for this device. */
export async function listens(device: string): Promise<boolean> {
  const socket = await open(device);
  socket?.destroy();
  return socket !== undefined;
}

/** Waits while a process of wireguard-go runs for the device, whoever started it: the kernel closes the connection when it ends. */
export async function endOfListener(device: string, signal: AbortSignal): Promise<void> {
  const socket = await open(device);
  if (!socket) return;
  try {
    socket.resume();
    await once(socket, 'close', { signal });
  } finally {
    socket.destroy();
  }
}

async function open(device: string): Promise<Socket | undefined> {
  const socket = connect(socketPath(device));
  try {
    await once(socket, 'connect');
    // Its end is the news, not why.
    socket.on('error', () => undefined);
    return socket;
  } catch {
    socket.destroy();
    return undefined;
  }
}
