import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRouterServers, type RouterService } from './router-servers.ts';

/** Servers that only say what happened to them. */
function world() {
  const events: string[] = [];
  const service = (name: string, port: number): RouterService => ({
    address: '192.0.2.1',
    port,
    serve: async (fd, key) => {
      events.push(`${name} serves ${key} on ${String(fd)}`);
      return { port, stop: async () => void events.push(`${name} leaves ${key}`) };
    },
  });
  let fd = 10;
  const servers = createRouterServers({
    namespacePath: (key) => `/netns/${key}`,
    bind(path, { address, port }) {
      events.push(`bind ${address}:${String(port)} in ${path}`);
      return (fd += 1);
    },
  });
  return { servers, service, takeEvents: () => events.splice(0) };
}

test('every service is opened once at every router', async () => {
  const { servers, service, takeEvents } = world();
  servers.offer(service('arm', 443));
  await servers.ensure('a');
  servers.offer(service('metadata', 80));
  await servers.ensure('a');
  await servers.ensure('a');
  assert.deepEqual(takeEvents(), [
    'bind 192.0.2.1:443 in /netns/a',
    'arm serves a on 11',
    'bind 192.0.2.1:80 in /netns/a',
    'metadata serves a on 12',
  ]);
});

test('the services of a router that goes are stopped, and opened again when it comes back', async () => {
  const { servers, service, takeEvents } = world();
  servers.offer(service('arm', 443));
  await servers.ensure('a');
  await servers.ensure('b');
  takeEvents();
  await servers.retain(['b', 'c']);
  await servers.retain(['b', 'c']);
  await servers.ensure('a');
  assert.deepEqual(takeEvents(), ['arm leaves a', 'bind 192.0.2.1:443 in /netns/a', 'arm serves a on 13']);
  await servers.stop();
  assert.deepEqual(takeEvents().toSorted(), ['arm leaves a', 'arm leaves b']);
});
