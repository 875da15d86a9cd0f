import koffi from 'koffi';
import type { KernelChange } from '../../dataplane/kernel-change.ts';
import { bindSocket, closeDescriptor, isErrno, openSocket, receive } from '../libc.ts';
import { decodeAddress } from './addresses.ts';
import { Attributes } from './attributes.ts';
import { decodeLink } from './links.ts';
import { decodeMessages, type NetlinkMessage } from './message.ts';
import { decodeRoute } from './routes.ts';
import { decodeRule } from './rules.ts';

export interface NetworkWatch {
  /** No call follows. Twice is once. */
  stop(): void;
}

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const AF_BRIDGE = 7;
const bufferSize = 0x1_0000;

interface Source {
  readonly family: number;
  /** Numbers of multicast groups. */
  readonly groups: readonly number[];
  readonly decode: (message: NetlinkMessage) => KernelChange | undefined;
}

/** linux/rtnetlink.h: RTNLGRP_LINK, _IPV4_IFADDR, _IPV4_ROUTE, _IPV4_RULE; linux/netfilter/nfnetlink.h: NFNLGRP_NFTABLES. */
const sources: readonly Source[] = [
  { family: 0, groups: [1, 5, 7, 8], decode: decodeRouteNotification },
  { family: 12, groups: [7], decode: decodeNftablesNotification },
];

/**
 * Watches the network of the calling thread's namespace (`inNetns(path, () => watchNetwork(...))` for any other). `onChanges` gets what
 * happened since its last call, each change once.
 */
export function watchNetwork(onChanges: (changes: readonly KernelChange[]) => void): NetworkWatch {
  const watches: NetworkWatch[] = [];
  const stop = () => {
    for (const watch of watches.splice(0)) watch.stop();
  };
  try {
    for (const source of sources) watches.push(watchSource(source, onChanges));
  } catch (error) {
    stop();
    throw error;
  }
  return { stop };
}

function watchSource({ family, groups, decode }: Source, onChanges: (changes: readonly KernelChange[]) => void): NetworkWatch {
  const doing = 'watch the network';
  const fd = openSocket(AF_NETLINK, SOCK_RAW, family, doing);
  bindSocket(fd, netlinkAddress(groups), doing);
  const poll = koffi.node.poll(fd, { readable: true }, () => {
    const changes = new Map<string, KernelChange>();
    for (const change of readChanges(fd, decode)) changes.set(JSON.stringify(change), change);
    if (changes.size > 0) onChanges([...changes.values()]);
  });
  return {
    stop() {
      poll.close();
      closeDescriptor(fd);
    },
  };
}

function* readChanges(fd: number, decode: Source['decode']): Generator<KernelChange> {
  const buffer = Buffer.alloc(bufferSize);
  for (;;) {
    const length = receiveOrOverrun(fd, buffer);
    if (length === undefined) return;
    if (length === 'overrun') yield { kind: 'lost', subject: '', isRemoval: false };
    else yield* decodeMessages(buffer.subarray(0, length)).flatMap((message) => decode(message) ?? []);
  }
}

/** ENOBUFS: notifications were dropped because nobody read them in time. */
function receiveOrOverrun(fd: number, buffer: Buffer): number | 'overrun' | undefined {
  try {
    return receive(fd, buffer, 'read network notifications');
  } catch (error) {
    if (isErrno(error, 'ENOBUFS')) return 'overrun';
    throw error;
  }
}

/** In rtnetlink every kind of object has four numbers in a row: new, delete, get, set. */
export function decodeRouteNotification(message: NetlinkMessage): KernelChange | undefined {
  const isRemoval = message.type % 4 === 1;
  switch (message.type - (message.type % 4)) {
    case 16: // A port that leaves its bridge is told as a link that is deleted, in the bridges' family.
      return message.payload.readUInt8() === AF_BRIDGE
        ? undefined
        : { kind: 'link', subject: decodeLink(message).name, isRemoval };
    case 20:
      return { kind: 'address', subject: decodeAddress(message).address, isRemoval };
    case 24:
      return { kind: 'route', subject: String(decodeRoute(message, new Map()).table), isRemoval };
    case 32:
      return { kind: 'rule', subject: String(decodeRule(message).table), isRemoval };
    default:
      return undefined;
  }
}

const NFNL_SUBSYS_NFTABLES = 10;
const NFT_MSG = { deleteTable: 2, newGeneration: 15 } as const;
/** In tables, chains, rules, sets, elements and objects alike. */
const NFTA_TABLE = 1;
const nftablesHeaderLength = 4;

export function decodeNftablesNotification({ type, payload }: NetlinkMessage): KernelChange | undefined {
  const object = type & 0xff;
  if (type >>> 8 !== NFNL_SUBSYS_NFTABLES || object === NFT_MSG.newGeneration) return undefined;
  const subject = new Attributes(payload.subarray(nftablesHeaderLength)).text(NFTA_TABLE) ?? '';
  return { kind: 'nftables', subject, isRemoval: object === NFT_MSG.deleteTable };
}

/** struct sockaddr_nl with a bit for each group. */
function netlinkAddress(groups: readonly number[]): Buffer {
  const encoded = Buffer.alloc(12);
  encoded.writeUInt16LE(AF_NETLINK, 0);
  encoded.writeUInt32LE(
    groups.reduce((bits, group) => bits | (1 << (group - 1)), 0),
    8,
  );
  return encoded;
}
