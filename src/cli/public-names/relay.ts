import { connect, createServer, type Server, type Socket } from 'node:net';
import { SegwError } from '../../base/error.ts';

const httpsPort = 443;

/** The port on 127.0.0.1 that connections are passed on to, and the loopback address on whose port 443 they arrive. */
export interface RelayRoute {
  readonly address: string;
  readonly armPort: number;
}

/** Passes every connection to port 443 of `address` on, byte for byte: the region itself speaks TLS. Throws `PortTaken`. */
export async function listenRelay({ address, armPort }: RelayRoute, port = httpsPort): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (client) => join(client, connect(armPort, '127.0.0.1')));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(new SegwError('PortTaken', `listen on ${address}:${String(port)}: ${error.message}`, { cause: error }));
    });
    server.listen(port, address, resolve);
  });
  return server;
}

/** What one side ends the other gets to know; what breaks on one side breaks the other. */
function join(client: Socket, region: Socket): void {
  client.pipe(region).pipe(client);
  client.on('error', () => region.destroy());
  region.on('error', () => client.destroy());
}
