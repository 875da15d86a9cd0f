import { addressAt, cidrSize, offsetOf, type Cidr } from '../base/addresses.ts';

const everything: Cidr = { address: '0.0.0.0', prefixLength: 0 };

/** Addresses as numbers, both ends included. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

const lowest = 0;
const highest = cidrSize(everything) - 1;

/**
 * The same addresses as `cidrs` in the spelling of nftables for a set with `flags interval; auto-merge`: sorted, overlapping and
 * adjacent networks merged, each as `10.0.0.1`, `10.0.0.0/8` or `10.0.0.0-10.0.2.255`. What we want then equals what the kernel lists.
 */
export function toIntervals(cidrs: readonly Cidr[]): string[] {
  return toRanges(cidrs).map(formatRange);
}

/** The same addresses as `cidrs`: sorted, overlapping and adjacent networks merged. */
export function toRanges(cidrs: readonly Cidr[]): Range[] {
  return merge(cidrs.map(toRange));
}

export function unionOf(a: readonly Range[], b: readonly Range[]): Range[] {
  return merge([...a, ...b]);
}

/** Every address that is not in `ranges`, which are as `toRanges` returns them. */
export function complementOf(ranges: readonly Range[]): Range[] {
  const starts = [lowest, ...ranges.map(({ last }) => last + 1)];
  const ends = [...ranges.map(({ first }) => first - 1), highest];
  return starts.flatMap((first, index) => {
    const last = ends[index] ?? highest;
    return first <= last ? [{ first, last }] : [];
  });
}

export function rangesContain(ranges: readonly Range[], address: string): boolean {
  const place = offsetOf(everything, address);
  return ranges.some(({ first, last }) => first <= place && place <= last);
}

function toRange(cidr: Cidr): Range {
  const first = offsetOf(everything, cidr.address);
  return { first, last: first + cidrSize(cidr) - 1 };
}

function merge(ranges: readonly Range[]): Range[] {
  const merged: Range[] = [];
  for (const range of ranges.toSorted((a, b) => a.first - b.first)) {
    const before = merged.at(-1);
    if (before && range.first <= before.last + 1)
      merged[merged.length - 1] = { ...before, last: Math.max(before.last, range.last) };
    else merged.push(range);
  }
  return merged;
}

function formatRange({ first, last }: Range): string {
  const size = last - first + 1;
  const prefixLength = 32 - Math.log2(size);
  const start = addressAt(everything, first);
  if (size === 1) return start;
  if (Number.isInteger(prefixLength) && first % size === 0) return `${start}/${String(prefixLength)}`;
  return `${start}-${addressAt(everything, last)}`;
}
