import { listConntrack } from './conntrack.ts';
import { openNetfilterSocket } from './netlink/socket.ts';

/** Those of `addresses` that have begun a connection with one of the bits of `mask` in its mark, in the calling thread's namespace. */
export function listMarkedSources(addresses: readonly string[], mask: number): ReadonlySet<string> {
  const [first, ...others] = addresses;
  if (first === undefined) return new Set();
  using socket = openNetfilterSocket();
  const entries = listConntrack(socket, others.length === 0 ? { source: first } : {});
  const marked = new Set(entries.filter(({ mark }) => (mark & mask) !== 0).map(({ original }) => original.source));
  return new Set(addresses.filter((address) => marked.has(address)));
}
