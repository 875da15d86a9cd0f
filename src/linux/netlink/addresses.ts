import { Attributes, ipv4, u32 } from './attributes.ts';
import { findLink, getLink, linkNames } from './links.ts';
import { NLM_F, type NetlinkMessage } from './message.ts';
import type { NetlinkSocket } from './socket.ts';

export interface InterfaceAddress {
  readonly address: string;
  readonly prefixLength: number;
  /** Without the route to its network that the kernel otherwise adds. */
  readonly noPrefixRoute?: boolean;
}

const RTM = { newAddress: 20, deleteAddress: 21, getAddress: 22 } as const;

/** linux/if_addr.h */
const IFA = { address: 1, local: 2, flags: 8 } as const;
const IFA_F_NOPREFIXROUTE = 0x200;
const AF_INET = 2;
const headerLength = 8;

/** Adds the address to `device`, or renews it. Throws `NotFound` when there is no such device. */
export function replaceAddress(socket: NetlinkSocket, device: string, address: InterfaceAddress): void {
  const { index } = getLink(socket, device);
  const doing = `add address ${format(address)} to ${device}`;
  socket.execute([{ doing, type: RTM.newAddress, flags: NLM_F.create | NLM_F.replace, payload: encode(index, address) }]);
}

/** An address or a device that is gone already is fine. */
export function deleteAddress(socket: NetlinkSocket, device: string, address: InterfaceAddress): void {
  const link = findLink(socket, device);
  if (!link) return;
  const doing = `delete address ${format(address)} from ${device}`;
  const request = { doing, type: RTM.deleteAddress, payload: encode(link.index, address) };
  socket.execute([request], { tolerate: ['EADDRNOTAVAIL', 'ENODEV'] });
}

/** IPv4 addresses, of `device` only when it is given. */
export function listAddresses(socket: NetlinkSocket, device?: string): (InterfaceAddress & { readonly device: string })[] {
  const names = linkNames(socket);
  return socket
    .dump({ doing: 'list addresses', type: RTM.getAddress, payload: [header(0, 0)] })
    .map((message) => ({ device: names.get(message.payload.readUInt32LE(4)) ?? '', ...decodeAddress(message) }))
    .filter((address) => device === undefined || address.device === device);
}

export function decodeAddress({ payload }: Pick<NetlinkMessage, 'payload'>): InterfaceAddress {
  const attributes = new Attributes(payload.subarray(headerLength));
  const noPrefixRoute = ((attributes.u32(IFA.flags) ?? 0) & IFA_F_NOPREFIXROUTE) !== 0;
  return {
    address: attributes.ipv4(IFA.local) ?? '',
    prefixLength: payload.readUInt8(1),
    ...(noPrefixRoute && { noPrefixRoute }),
  };
}

function encode(index: number, { address, prefixLength, noPrefixRoute }: InterfaceAddress): Buffer[] {
  const flags = noPrefixRoute ? IFA_F_NOPREFIXROUTE : undefined;
  return [header(index, prefixLength), ipv4(IFA.local, address), ipv4(IFA.address, address), u32(IFA.flags, flags)];
}

/** struct ifaddrmsg */
function header(index: number, prefixLength: number): Buffer {
  const encoded = Buffer.alloc(headerLength);
  encoded.writeUInt8(AF_INET, 0);
  encoded.writeUInt8(prefixLength, 1);
  encoded.writeUInt32LE(index, 4);
  return encoded;
}

function format({ address, prefixLength }: InterfaceAddress): string {
  return `${address}/${String(prefixLength)}`;
}
