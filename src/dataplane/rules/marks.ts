import type { DataplaneSettings } from '../settings.ts';

/** The conntrack mark's bits that are ours. */
export function connectionMark({ markMask }: DataplaneSettings): string {
  return `ct mark and ${hex(markMask)}`;
}

/** Puts our bits into the mark of the packet or of its connection and leaves everybody else's. */
export function setMark(of: 'ct' | 'meta', mark: number, { markMask }: DataplaneSettings): string {
  return `${of} mark set ${of} mark and ${hex(~markMask >>> 0)} or ${hex(mark)}`;
}

/** A mark as nft lists an element of type `mark`. */
export function markElement(mark: number): string {
  return `0x${mark.toString(16).padStart(8, '0')}`;
}

export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
