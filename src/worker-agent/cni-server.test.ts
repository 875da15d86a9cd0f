import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { pollUntil } from '../base/poll.ts';
import { startCniServer, type CniServer } from './cni-server.ts';

let folder = '';
let path = '';
let server: CniServer;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'segw-cni-'));
  path = join(folder, 'run', 'cni.sock');
  server = await startCniServer({ path, handle: async () => ({}) });
});

after(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

async function ask(line: string): Promise<string> {
  const socket = connect(path);
  await once(socket, 'connect');
  socket.end(line);
  return text(socket);
}

test('what is no request is answered with an error of CNI', async () => {
  assert.match(await ask('{}\n'), /^\{"error":\{/);
});

test('a socket that somebody removes comes back, for root only', async () => {
  await rm(join(folder, 'run'), { recursive: true });
  const { mode } = await pollUntil('the socket is back', async () => stat(path).catch(() => undefined), { timeoutMs: 20_000 });
  assert.equal(mode & 0o777, 0o600);
  assert.match(await ask('{}\n'), /^\{"error":\{/);
});
