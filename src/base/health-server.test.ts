import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startHealthServer, type HealthServer } from './health-server.ts';

let server: HealthServer;
let why: string | undefined;
let metrics = (): Promise<string> => Promise.resolve('up 1\n');

before(async () => {
  server = await startHealthServer({
    address: '127.0.0.1',
    port: 0,
    metrics: { contentType: 'text/plain; version=0.0.4', metrics: () => metrics() },
    whyNotReady: () => why,
  });
});

after(async () => {
  await server.stop();
});

async function ask(path: string, { port } = server): Promise<[status: number, body: string]> {
  const response = await fetch(`http://127.0.0.1:${String(port)}${path}`);
  return [response.status, await response.text()];
}

test('a process that answers is healthy, also while it is not ready', async () => {
  why = 'waits for the API server';
  assert.deepEqual(await ask('/healthz'), [200, 'ok\n']);
  assert.deepEqual(await ask('/readyz'), [503, 'waits for the API server\n']);
  why = undefined;
  assert.deepEqual(await ask('/readyz'), [200, 'ok\n']);
});

test('metrics that cannot be collected are an error of the server, and the next request is answered', async () => {
  metrics = () => Promise.reject(new Error('no figures'));
  assert.deepEqual(await ask('/metrics'), [500, 'no figures\n']);
  metrics = () => Promise.resolve('up 1\n');
  assert.deepEqual(await ask('/metrics'), [200, 'up 1\n']);
});

test('metrics are told in the form that they say', async () => {
  const response = await fetch(`http://127.0.0.1:${String(server.port)}/metrics`);
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4');
});

test('without an address it listens everywhere', async () => {
  const open = await startHealthServer({
    port: 0,
    metrics: { contentType: 'text/plain', metrics: () => metrics() },
    whyNotReady: () => undefined,
  });
  try {
    assert.deepEqual(await ask('/readyz', open), [200, 'ok\n']);
  } finally {
    await open.stop();
  }
});

test('other paths are not found', async () => {
  assert.deepEqual(await ask('/'), [404, 'not found\n']);
});
