import { Attributes, ipv4, mac } from './attributes.ts';
import { findLink, getLink, linkNames } from './links.ts';
import { NLM_F } from './message.ts';
import type { NetlinkSocket } from './socket.ts';

/** A permanent entry: this IPv4 address has this MAC, without asking. */
export interface Neighbour {
  readonly device: string;
  readonly address: string;
  readonly mac: string;
}

const RTM = { newNeighbour: 28, deleteNeighbour: 29, getNeighbour: 30 } as const;

/** linux/neighbour.h */
const NDA = { destination: 1, linkLayerAddress: 2 } as const;
const NUD_PERMANENT = 0x80;
const AF_INET = 2;
const headerLength = 12;

/** Throws `NotFound` when a device does not exist. */
export function replaceNeighbours(socket: NetlinkSocket, neighbours: readonly Neighbour[]): void {
  socket.execute(
    neighbours.map(({ device, address, mac: linkLayerAddress }) => ({
      doing: `replace neighbour ${address} on ${device}`,
      type: RTM.newNeighbour,
      flags: NLM_F.create | NLM_F.replace,
      payload: [
        header(getLink(socket, device).index, NUD_PERMANENT),
        ipv4(NDA.destination, address),
        mac(NDA.linkLayerAddress, linkLayerAddress),
      ],
    })),
  );
}

/** Entries and devices that are gone already are fine. */
export function deleteNeighbours(socket: NetlinkSocket, neighbours: readonly Omit<Neighbour, 'mac'>[]): void {
  const requests = neighbours.flatMap(({ device, address }) => {
    const link = findLink(socket, device);
    if (!link) return [];
    const payload = [header(link.index, 0), ipv4(NDA.destination, address)];
    return [{ doing: `delete neighbour ${address} on ${device}`, type: RTM.deleteNeighbour, payload }];
  });
  socket.execute(requests, { tolerate: ['ENOENT', 'ENODEV'] });
}

/** The permanent entries with a MAC, of `device` only when it is given. */
export function listNeighbours(socket: NetlinkSocket, device?: string): Neighbour[] {
  const names = linkNames(socket);
  return socket
    .dump({ doing: 'list neighbours', type: RTM.getNeighbour, payload: [header(0, 0)] })
    .filter(({ payload }) => payload.readUInt16LE(8) & NUD_PERMANENT)
    .flatMap(({ payload }) => {
      const attributes = new Attributes(payload.subarray(headerLength));
      const linkLayerAddress = attributes.mac(NDA.linkLayerAddress);
      const neighbour = { device: names.get(payload.readInt32LE(4)) ?? '', address: attributes.ipv4(NDA.destination) ?? '' };
      return linkLayerAddress ? [{ ...neighbour, mac: linkLayerAddress }] : [];
    })
    .filter((neighbour) => device === undefined || neighbour.device === device);
}

/** struct ndmsg */
function header(index: number, state: number): Buffer {
  const encoded = Buffer.alloc(headerLength);
  encoded.writeUInt8(AF_INET, 0);
  encoded.writeInt32LE(index, 4);
  encoded.writeUInt16LE(state, 8);
  return encoded;
}
