import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { KeyedCertificate } from '../base/certificates.ts';
import { SegwError } from '../base/error.ts';

/** Answers a request. The second argument holds what Node knows of it: `incoming.socket`. */
type Fetch = Parameters<typeof createAdaptorServer>[0]['fetch'];

/** Where a server listens: an address of the host, or a socket that was bound inside a namespace. */
export type ListenPlace = { readonly address: string; readonly port: number } | { readonly fd: number };

export interface ListeningServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Serves over TLS at `place`. Throws `PortTaken`. */
export async function listenTls(
  { fetch, certificate }: { readonly fetch: Fetch; readonly certificate: KeyedCertificate },
  place: ListenPlace,
): Promise<ListeningServer> {
  const serverOptions = { cert: certificate.certificatePem, key: certificate.privateKeyPem.reveal() };
  return listen(createAdaptorServer({ fetch, createServer: createHttpsServer, serverOptions }), place);
}

/** Serves over HTTP at `place`. Throws `PortTaken`. */
export async function listenHttp({ fetch }: { readonly fetch: Fetch }, place: ListenPlace): Promise<ListeningServer> {
  return listen(createAdaptorServer({ fetch, createServer: createHttpServer }), place);
}

async function listen(server: ReturnType<typeof createAdaptorServer>, place: ListenPlace): Promise<ListeningServer> {
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
