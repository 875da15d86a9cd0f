import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';

interface HealthServerOptions {
  /** 0: any free one. */
  readonly port: number;
  readonly registry: Registry;
  readonly isReady: () => boolean;
}

export interface HealthServer {
  readonly port: number;
  stop(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly type?: string;
}

/** Serves `/healthz`, `/readyz` and `/metrics` over plain HTTP. */
export async function startHealthServer({ port, registry, isReady }: HealthServerOptions): Promise<HealthServer> {
  const answer = async (path: string): Promise<Answer> => {
    if (path === '/healthz') return { status: 200, body: 'ok\n' };
    if (path === '/readyz') return isReady() ? { status: 200, body: 'ok\n' } : { status: 503, body: 'not ready\n' };
    if (path === '/metrics') return { status: 200, body: await registry.metrics(), type: registry.contentType };
    return { status: 404, body: 'not found\n' };
  };
  const respond = async ({ url = '' }: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { status, body, type = 'text/plain' } = await answer(url);
    response.writeHead(status, { 'content-type': type }).end(body);
  };
  const server = createServer((request, response) => void respond(request, response));
  server.listen(port);
  await once(server, 'listening');
  return { port: portOf(server), stop: () => close(server) };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function close(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}
