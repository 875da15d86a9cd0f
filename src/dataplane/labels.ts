import { addressAt, cidrContains, cidrSize, offsetOf, subnetAt, type Cidr } from '../base/addresses.ts';
import type { DataplaneSettings } from './settings.ts';

/** Offset in a block of the worker's own tunnel address, and of the first label. */
const tunnelOffset = 1;
const firstLabelOffset = 2;

/** How many blocks there are. The one that holds the probe address, the range's last, is nobody's. */
export function blockCount({ labelRange, blockPrefixLength }: DataplaneSettings): number {
  return 2 ** (blockPrefixLength - labelRange.prefixLength) - 1;
}

/** The `index`-th block, 0 to `blockCount() - 1`. Throws `Internal` outside the range. */
export function blockAt({ labelRange, blockPrefixLength }: DataplaneSettings, index: number): Cidr {
  return subnetAt(labelRange, blockPrefixLength, index);
}

/** The lowest block that is not among `taken`; `undefined` when there is none. */
export function freeBlock(settings: DataplaneSettings, taken: readonly Cidr[]): Cidr | undefined {
  const used = new Set(taken.map(({ address }) => address));
  for (let index = 0; index < blockCount(settings); index += 1) {
    const block = blockAt(settings, index);
    if (!used.has(block.address)) return block;
  }
  return undefined;
}

/** The worker's own address on all its tunnels: for probes and nothing else. */
export function tunnelAddress(block: Cidr): string {
  return addressAt(block, tunnelOffset);
}

/**
 * The lowest label of the block that is not among `taken`; `undefined` when there is none. `taken` holds the labels in use and those
 * that rest: another SGC must not get a label within ten minutes of its last use (dataplane reference, section 6).
 */
export function freeLabel(block: Cidr, taken: ReadonlySet<string>): string | undefined {
  for (let offset = firstLabelOffset; offset < cidrSize(block) - 1; offset += 1) {
    const label = addressAt(block, offset);
    if (!taken.has(label)) return label;
  }
  return undefined;
}

/** Whether `address` may stand for an SGC in this block: neither the network's, nor the worker's own, nor the broadcast address. */
export function isLabelOf(block: Cidr, address: string): boolean {
  const offset = offsetOf(block, address);
  return cidrContains(block, address) && offset >= firstLabelOffset && offset < cidrSize(block) - 1;
}

/** The label's place in its block: short, and unique on a worker. It names the chains and sets of an SGC. */
export function labelSlot(block: Cidr, label: string): number {
  return offsetOf(block, label);
}
