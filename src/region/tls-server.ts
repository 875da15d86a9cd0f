import type { AddressInfo } from 'node:net';
import { createServer as createTlsServer } from 'node:https';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import type { KeyedCertificate } from '../base/certificates.ts';
import { SegwError } from '../base/error.ts';

/** An application served over TLS. */
export interface TlsService {
  readonly fetch: Hono['fetch'];
  readonly certificate: KeyedCertificate;
}

/** Where a server listens: an address of the host, or a socket that was bound inside a namespace. */
export type ListenPlace = { readonly address: string; readonly port: number } | { readonly fd: number };

export interface ListeningServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Serves the application at `place`. Throws `PortTaken`. */
export async function listenTls({ fetch, certificate }: TlsService, place: ListenPlace): Promise<ListeningServer> {
  const server = createAdaptorServer({
    fetch,
    createServer: createTlsServer,
    serverOptions: { cert: certificate.certificatePem, key: certificate.privateKeyPem.reveal() },
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: Error) =>
      reject(new SegwError('PortTaken', `listen on ${describe(place)}: ${error.message}`, { cause: error })),
    );
    server.listen('fd' in place ? { fd: place.fd } : { host: place.address, port: place.port }, () => resolve());
  });
  return {
    port: portOf(server.address()),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}

function describe(place: ListenPlace): string {
  return 'fd' in place ? 'a socket of the fabric' : `${place.address}:${String(place.port)}`;
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}
