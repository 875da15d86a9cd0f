import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { listenRelay } from './relay.ts';

const address = '127.64.0.1';

/** Answers what it hears when the other side has ended. */
const region = createServer({ allowHalfOpen: true }, (socket) => {
  let heard = '';
  socket.on('data', (data) => (heard += data.toString())).on('end', () => socket.end(`heard ${heard}`));
});
let relay: Server = region;

before(async () => {
  region.listen(0, '127.0.0.1');
  await once(region, 'listening');
  relay = await listenRelay({ address, armPort: portOf(region) }, 0);
});

after(() => {
  relay.close();
  region.close();
});

function portOf(server: Server): number {
  const place = server.address();
  assert.ok(typeof place === 'object' && place !== null);
  return place.port;
}

test('what a client says reaches the region, its end as well, and the answer comes back', async () => {
  const client = connect({ port: portOf(relay), host: address, allowHalfOpen: true });
  client.end('hello');
  assert.equal(await text(client), 'heard hello');
});

test('a connection that the region does not take is closed', async () => {
  const dead = await listenRelay({ address, armPort: 1 }, 0);
  const client = connect(portOf(dead), address);
  assert.equal(await text(client), '');
  dead.close();
});

test('where somebody else listens there is no relay, and the error names the place', async () => {
  const port = portOf(relay);
  await assert.rejects(listenRelay({ address, armPort: 1 }, port), {
    code: 'PortTaken',
    message: new RegExp(`^listen on ${address}:${String(port)}: `),
  });
});
