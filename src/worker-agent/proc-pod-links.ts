import { existsSync, readFileSync } from 'node:fs';
import type { PodLinks } from './pod-links.ts';

/** The links of the network namespace that this process is in, as /proc and /sys show them. */
export const procPodLinks: PodLinks = {
  linkTo: (address) => hostRouteLink(readFileSync('/proc/net/route', 'utf8'), address),
  exists: (link) => !link.includes('/') && existsSync(`/sys/class/net/${link}`),
};

/** A gateway in between, or a wider mask, means that others are behind the link as well (linux/route.h: RTF_UP). */
const RTF_UP = 1;
const wholeAddress = 'FFFFFFFF';

/**
 * The link of the route for `address` alone. `table` is /proc/net/route: after a line of headings, per route of the main table the link,
 * destination, gateway, flags, reference count, uses, metric, mask ...; numbers are hexadecimal, addresses in the host's byte order.
 */
export function hostRouteLink(table: string, address: string): string | undefined {
  const destination = hostOrder(address);
  const route = table
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t').map((field) => field.trim()))
    .find(
      ([, target, gateway, flags, , , , mask]) =>
        target === destination &&
        gateway === '00000000' &&
        mask === wholeAddress &&
        (Number.parseInt(flags ?? '0', 16) & RTF_UP) !== 0,
    );
  return route?.[0];
}

/** Little-endian on every architecture that we build for. */
function hostOrder(address: string): string {
  return address
    .split('.')
    .reverse()
    .map((byte) => Number(byte).toString(16).padStart(2, '0').toUpperCase())
    .join('');
}
