import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';

export interface HealthServerOptions {
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  /** Why the process is not ready; `undefined`: it is. */
  readonly whyNotReady: () => string | undefined;
  readonly metrics: Registry;
}

export interface HealthServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Serves `/healthz` (the process answers), `/readyz` (it does its work; else 503 and why) and `/metrics`. */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    answer(request, response, options).catch(() => response.destroy());
  });
  server.listen(options.port, options.address);
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  { url }: IncomingMessage,
  response: ServerResponse,
  { whyNotReady, metrics }: HealthServerOptions,
): Promise<void> {
  const problem = url === '/readyz' ? whyNotReady() : undefined;
  switch (url) {
    case '/healthz':
      return send(response, 200, 'ok\n');
    case '/readyz':
      return problem === undefined ? send(response, 200, 'ok\n') : send(response, 503, `${problem}\n`);
    case '/metrics':
      response.setHeader('content-type', metrics.contentType);
      return send(response, 200, await metrics.metrics());
    default:
      return send(response, 404, 'not found\n');
  }
}

function send(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.end(text);
}
