import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { SegwError } from '../base/error.ts';

/** The MTU, in bytes, of the link that has the node's address. Throws `NotFound` when none has it. */
export async function readUplinkMtu(nodeAddress: string): Promise<number> {
  const found = Object.entries(networkInterfaces()).find(([, addresses]) =>
    addresses?.some(({ address }) => address === nodeAddress),
  );
  if (!found) throw new SegwError('NotFound', `no link of this node has the address ${nodeAddress}`);
  return Number(await readFile(`/sys/class/net/${found[0]}/mtu`, 'utf8'));
}
