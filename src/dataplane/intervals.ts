import { addressAt, cidrSize, offsetOf, type Cidr } from '../base/addresses.ts';

const everything: Cidr = { address: '0.0.0.0', prefixLength: 0 };

interface Range {
  readonly first: number;
  readonly last: number;
}

/**
 * The same addresses as `cidrs` in the spelling of nftables for a set with `flags interval; auto-merge`: sorted, overlapping and
 * adjacent networks merged, each as `10.0.0.1`, `10.0.0.0/8` or `10.0.0.0-10.0.2.255`. What we want then equals what the kernel lists.
 */
export function toIntervals(cidrs: readonly Cidr[]): string[] {
  return merge(cidrs.map(toRange)).map(formatRange);
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
