import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { messageOf } from './error.ts';

/** What Prometheus reads: the registry of prom-client is one. */
interface Metrics {
  readonly contentType: string;
  metrics(): Promise<string>;
}

export interface HealthServerOptions {
  /** Where to listen, such as `127.0.0.1` on a node. Default: everywhere, as in a pod with a network of its own. */
  readonly address?: string;
  /** 0: any free one. */
  readonly port: number;
  readonly metrics: Metrics;
  /** Why the process does not serve yet, or no longer, in a line; `undefined`: it does. */
  readonly whyNotReady: () => string | undefined;
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

/** Serves `/healthz`, `/readyz` and `/metrics` over plain HTTP. Rejects when the port cannot be had. */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const server = createServer((request, response) => void respond(request, response, options));
  server.listen(options.port, options.address);
  await once(server, 'listening');
  return { port: portOf(server), stop: () => close(server) };
}

async function respond({ url = '' }: IncomingMessage, response: ServerResponse, options: HealthServerOptions): Promise<void> {
  const { status, body, type = 'text/plain' } = await answerOf(url, options);
  response.writeHead(status, { 'content-type': type }).end(body);
}

async function answerOf(path: string, { metrics, whyNotReady }: HealthServerOptions): Promise<Answer> {
  if (path === '/healthz') return { status: 200, body: 'ok\n' };
  if (path === '/readyz') {
    const why = whyNotReady();
    return why === undefined ? { status: 200, body: 'ok\n' } : { status: 503, body: `${why}\n` };
  }
  if (path !== '/metrics') return { status: 404, body: 'not found\n' };
  try {
    return { status: 200, body: await metrics.metrics(), type: metrics.contentType };
  } catch (error) {
    return { status: 500, body: `${messageOf(error)}\n` };
  }
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
