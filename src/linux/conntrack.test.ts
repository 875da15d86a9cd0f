import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decodeConntrack,
  encodeFilter,
  ipProtocols,
  matchesFilter,
  type ConntrackEntry,
  type ConntrackFilter,
} from './conntrack.ts';
import { Attributes, be16, be32, ipv4, nested, u8 } from './netlink/attributes.ts';

const entry: ConntrackEntry = {
  protocol: ipProtocols.tcp,
  original: { source: '10.244.1.9', destination: '198.51.100.7', sourcePort: 40_000, destinationPort: 443 },
  reply: { source: '198.51.100.7', destination: '100.64.0.2', sourcePort: 443, destinationPort: 40_000 },
  mark: 0x4003,
  tcpState: 'established',
  originalPackets: 0x1_0000_0002,
};

test('an entry of the kernel is read', () => {
  const encoded = Buffer.concat([
    nested(1, nested(1, ipv4(1, '10.244.1.9'), ipv4(2, '198.51.100.7')), nested(2, u8(1, 6), be16(2, 40_000), be16(3, 443))),
    nested(2, nested(1, ipv4(1, '198.51.100.7'), ipv4(2, '100.64.0.2')), nested(2, u8(1, 6), be16(2, 443), be16(3, 40_000))),
    nested(4, nested(1, u8(1, 3))),
    be32(8, 0x4003),
    nested(9, Buffer.from([12, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 2])),
  ]);
  assert.deepEqual(decodeConntrack(new Attributes(encoded)), entry);
});

test('the kernel is asked to compare source, protocol and mark: golden bytes', () => {
  const encoded = Buffer.concat(encodeFilter({ source: '10.244.1.9', protocol: ipProtocols.udp, mark: 0, mask: 0x7f }));
  assert.equal(
    encoded.toString('hex'),
    [
      ['1c000180', '0c000180', '080001000af40109', '0c000280', '0500010011000000'], // CTA_TUPLE_ORIG: addresses, protocol
      ['0c001980', '0800010009000000'], // CTA_FILTER: original source, protocol number
      ['0800080000000000', '080015000000007f'], // CTA_MARK, CTA_MARK_MASK
    ]
      .flat()
      .join(''),
  );
  assert.deepEqual(
    encodeFilter({}).filter(({ length }) => length > 0),
    [],
  );
});

const filters: [filter: ConntrackFilter, matches: boolean][] = [
  [{}, true],
  [{ source: '10.244.1.9' }, true],
  [{ source: '100.64.0.2' }, false],
  [{ protocol: 6 }, true],
  [{ protocol: 17 }, false],
  [{ mark: 3, mask: 0x7f }, true],
  [{ mark: 0, mask: 0x7f }, false],
  [{ mark: 3 }, false],
  [{ source: '10.244.1.9', protocol: 6, mark: 0x4000, mask: 0x4000 }, true],
];

for (const [filter, matches] of filters) {
  test(`${JSON.stringify(filter)} ${matches ? 'matches' : 'does not match'}`, () => {
    assert.equal(matchesFilter(entry, filter), matches);
  });
}
