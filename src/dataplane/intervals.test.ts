import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { cidrContains, cidrSize, parseCidr } from '../base/addresses.ts';
import { complementOf, rangesContain, toIntervals, toRanges, unionOf } from './intervals.ts';

const cases: [given: string[], intervals: string[]][] = [
  [[], []],
  [['10.0.0.0/8'], ['10.0.0.0/8']],
  [['192.0.2.7/32'], ['192.0.2.7']],
  [['10.1.0.0/16', '10.0.0.0/8'], ['10.0.0.0/8']],
  [['10.0.1.0/24', '10.0.0.0/24'], ['10.0.0.0/23']],
  [['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24'], ['10.0.0.0-10.0.2.255']],
  [['10.0.1.0/24', '10.0.2.0/24'], ['10.0.1.0-10.0.2.255']],
  [['9.0.0.0/8', '10.0.0.0/32'], ['9.0.0.0-10.0.0.0']],
  [['0.0.0.0/0'], ['0.0.0.0/0']],
  [
    ['224.0.0.0/4', '127.0.0.0/8'],
    ['127.0.0.0/8', '224.0.0.0/4'],
  ],
];

for (const [given, intervals] of cases) {
  test(`${given.join(', ') || 'nothing'} is ${intervals.join(', ') || 'no interval'}`, () =>
    assert.deepEqual(toIntervals(given.map((text) => parseCidr(text, 'case'))), intervals));
}

/** Inside 10.0.0.0/24, so that networks often meet. */
const anyCidr = fc
  .tuple(fc.nat(255), fc.integer({ min: 25, max: 32 }))
  .map(([offset, prefixLength]) => parseCidr(`10.0.0.${String(offset)}/${String(prefixLength)}`, 'any'));

/** First and last offset of an interval in 10.0.0.0/24. */
function rangeOf(interval: string): [first: number, last: number] {
  const [first = '', last] = interval.split('-');
  if (last !== undefined) return [Number(first.split('.')[3]), Number(last.split('.')[3])];
  const cidr = parseCidr(first.includes('/') ? first : `${first}/32`, 'interval');
  const start = Number(cidr.address.split('.')[3]);
  return [start, start + cidrSize(cidr) - 1];
}

test('the intervals hold the same addresses as the networks, and no two of them touch', () => {
  fc.assert(
    fc.property(fc.array(anyCidr, { maxLength: 8 }), (cidrs) => {
      const ranges = toIntervals(cidrs).map(rangeOf);
      for (let offset = 0; offset < 256; offset += 1) {
        const isIn = cidrs.some((cidr) => cidrContains(cidr, `10.0.0.${String(offset)}`));
        assert.equal(ranges.filter(([first, last]) => first <= offset && offset <= last).length, isIn ? 1 : 0);
      }
      ranges.slice(1).forEach(([first], index) => assert.ok(first > (ranges[index]?.[1] ?? 0) + 1));
    }),
  );
});

test('an address is either in a range or in the complement, and in a union when it is in one of the two', () => {
  const addresses = ['0.0.0.0', '255.255.255.255', ...Array.from({ length: 256 }, (_, offset) => `10.0.0.${String(offset)}`)];
  fc.assert(
    fc.property(fc.array(anyCidr, { maxLength: 8 }), fc.array(anyCidr, { maxLength: 4 }), (cidrs, others) => {
      const [ranges, second] = [toRanges(cidrs), toRanges(others)];
      for (const address of addresses) {
        const isIn = cidrs.some((cidr) => cidrContains(cidr, address));
        const isInSecond = others.some((cidr) => cidrContains(cidr, address));
        assert.equal(rangesContain(ranges, address), isIn);
        assert.equal(rangesContain(complementOf(ranges), address), !isIn);
        assert.equal(rangesContain(unionOf(ranges, second), address), isIn || isInSecond);
      }
    }),
  );
});

test('everything and nothing are each other’s complement', () => {
  const everything = toRanges([parseCidr('0.0.0.0/0', 'everything')]);
  assert.deepEqual(complementOf([]), everything);
  assert.deepEqual(complementOf(everything), []);
});
