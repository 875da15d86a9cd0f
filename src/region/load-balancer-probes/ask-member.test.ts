import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type Server } from 'node:net';
import { after, before, test } from 'node:test';
import { askMember } from './ask-member.ts';
import type { ProbeTarget } from './desired-probes.ts';

const http = createHttpServer((request, response) => {
  response.writeHead(request.url === '/healthz' ? 200 : 503).end('text');
});
const silent = createServer(() => undefined);
const closed = createServer();

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const ports = { http: 0, silent: 0, closed: 0 };

before(async () => {
  ports.http = await portOf(http);
  ports.silent = await portOf(silent);
  ports.closed = await portOf(closed);
  closed.close();
});
after(() => {
  http.close();
  http.closeAllConnections();
  silent.close();
});

async function ask(port: number, path?: string, limitMs = 5000): Promise<boolean> {
  const target: ProbeTarget = {
    probeId: 'p',
    networkKey: 'v1',
    // Nobody is there: only the connection that the caller makes leads to the member.
    address: '192.0.2.1',
    port,
    ...(path === undefined ? {} : { path }),
    intervalMs: 5000,
    threshold: 1,
  };
  return askMember(() => connect(port, '127.0.0.1'), target, AbortSignal.timeout(limitMs));
}

test('a TCP probe is content with a connection', async () => {
  assert.equal(await ask(ports.silent), true);
  assert.equal(await ask(ports.closed), false);
});

test('an HTTP probe wants the status 200', async () => {
  assert.equal(await ask(ports.http, '/healthz'), true);
  assert.equal(await ask(ports.http, '/other'), false);
  assert.equal(await ask(ports.closed, '/healthz'), false);
});

test('who does not answer in time is down', async () => {
  assert.equal(await ask(ports.silent, '/healthz', 20), false);
});
