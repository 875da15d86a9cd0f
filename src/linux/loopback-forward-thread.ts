import { connect, createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { enterNetnsAt } from './netns.ts';

const data = z
  .object({ port: z.number(), netns: z.string(), targetAddress: z.string(), targetPort: z.number() })
  .parse(workerData);

const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
  const target = connect({ host: data.targetAddress, port: data.targetPort, noDelay: true, allowHalfOpen: true });
  void join(client, target);
  void join(target, client);
});
server.listen(data.port, '127.0.0.1', () => {
  // The listener stays where it was opened; from here on this thread's sockets are the machine's.
  enterNetnsAt(data.netns);
  parentPort?.postMessage('ready');
});

/** A broken connection ends both ways; whoever is at the other end sees it, there is nobody else to tell. */
async function join(from: Socket, to: Socket): Promise<void> {
  try {
    await pipeline(from, to);
  } catch {
    from.destroy();
    to.destroy();
  }
}
