import ipaddr from 'ipaddr.js';
import { SegwError } from './error.ts';

/** An IPv4 network: `address` is the lowest address (host bits are zero), `prefixLength` 0 to 32. */
export interface Cidr {
  readonly address: string;
  readonly prefixLength: number;
}

/** Parses `10.0.0.0/8`; host bits are cleared. Throws `InvalidInput` naming `field`. */
export function parseCidr(text: string, field: string): Cidr {
  if (!ipaddr.IPv4.isValidCIDRFourPartDecimal(text)) {
    throw new SegwError('InvalidInput', `${field}: "${text}" is not an IPv4 network; expected the form 10.0.0.0/8`);
  }
  const [address, prefixLength] = ipaddr.IPv4.parseCIDR(text);
  return { address: toAddress(toNumber(address.toString()) & maskOf(prefixLength)), prefixLength };
}

/** Parses `10.0.0.1`. Throws `InvalidInput` naming `field`. */
export function parseAddress(text: string, field: string): string {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text))
    throw new SegwError('InvalidInput', `${field}: "${text}" is not an IPv4 address; expected the form 10.0.0.1`);
  return ipaddr.IPv4.parse(text).toString();
}

export function formatCidr({ address, prefixLength }: Cidr): string {
  return `${address}/${String(prefixLength)}`;
}

export function cidrSize({ prefixLength }: Cidr): number {
  return 2 ** (32 - prefixLength);
}

/** The address `offset` places above the network's lowest. Throws `Internal` when that lies outside. */
export function addressAt(cidr: Cidr, offset: number): string {
  if (offset < 0 || offset >= cidrSize(cidr))
    throw new SegwError('Internal', `offset ${String(offset)} lies outside ${formatCidr(cidr)}`);
  return toAddress(toNumber(cidr.address) + offset);
}

/** How far `address` lies above the network's lowest; negative or too large when it lies outside. */
export function offsetOf(cidr: Cidr, address: string): number {
  return toNumber(address) - toNumber(cidr.address);
}

export function cidrContains(cidr: Cidr, address: string): boolean {
  const offset = offsetOf(cidr, address);
  return offset >= 0 && offset < cidrSize(cidr);
}

export function cidrsOverlap(a: Cidr, b: Cidr): boolean {
  return cidrContains(a, b.address) || cidrContains(b, a.address);
}

/** The `index`-th network of `prefixLength` inside `cidr`. */
export function subnetAt(cidr: Cidr, prefixLength: number, index: number): Cidr {
  return { address: addressAt(cidr, index * 2 ** (32 - prefixLength)), prefixLength };
}

function maskOf(prefixLength: number): number {
  return prefixLength === 0 ? 0 : (0xffff_ffff << (32 - prefixLength)) >>> 0;
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function toAddress(value: number): string {
  const unsigned = value >>> 0;
  return [24, 16, 8, 0].map((shift) => (unsigned >>> shift) & 0xff).join('.');
}
