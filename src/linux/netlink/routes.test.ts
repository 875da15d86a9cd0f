import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCidr } from '../../base/addresses.ts';
import { decodeRoute, encodeRoute, type Route } from './routes.ts';

const everywhere = parseCidr('0.0.0.0/0', 'test');
const indexes = new Map([['sgw3', 9]]);
const names = new Map([[9, 'sgw3']]);

test('the default route of a gateway: golden bytes', () => {
  const route: Route = { destination: everywhere, table: 7003, type: 'unicast', device: 'sgw3', scope: 'link', protocol: 2 };
  assert.equal(
    Buffer.concat(encodeRoute(route, indexes)).toString('hex'),
    // struct rtmsg (table 252: see the attribute), RTA_OIF 9, RTA_TABLE 7003
    ['02000000fc02fd0100000000', '0800040009000000', '08000f005b1b0000'].join(''),
  );
});

test('a deletion leaves type, scope and protocol open', () => {
  const encoded = Buffer.concat(encodeRoute({ destination: parseCidr('10.0.0.0/8', 'test') }, indexes));
  assert.equal(encoded.toString('hex'), ['02080000fc00ff0000000000', '080001000a000000', '08000f00fe000000'].join(''));
});

const routes: Route[] = [
  { destination: everywhere, table: 7003, type: 'unreachable', metric: 4_278_198_272, protocol: 2, scope: 'universe' },
  {
    destination: parseCidr('10.244.1.0/24', 'test'),
    table: 254,
    type: 'unicast',
    via: '10.224.0.5',
    device: 'sgw3',
    protocol: 3,
    scope: 'universe',
  },
  {
    destination: parseCidr('10.0.0.1/32', 'test'),
    table: 100,
    type: 'unicast',
    device: 'sgw3',
    onLink: true,
    via: '169.254.1.1',
    protocol: 4,
    scope: 'universe',
    source: '10.224.0.4',
  },
];

for (const route of routes) {
  test(`reads back: ${JSON.stringify(route)}`, () => {
    assert.deepEqual(decodeRoute({ payload: Buffer.concat(encodeRoute(route, indexes)) }, names), route);
  });
}
