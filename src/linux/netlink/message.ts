import { Attributes, align } from './attributes.ts';

/**
 * Netlink messages (linux/netlink.h): a header of 16 bytes and a payload, each message padded to 4 bytes. Numbers are in the
 * machine's byte order, which is little-endian on every architecture that we support.
 */
export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly payload: Buffer;
}

export const NLMSG = { error: 2, done: 3 } as const;

export const NLM_F = {
  request: 0x1,
  ack: 0x4,
  dumpInterrupted: 0x10,
  capped: 0x100,
  ackTlvs: 0x200,
  dump: 0x300,
  replace: 0x100,
  exclusive: 0x200,
  create: 0x400,
} as const;

const headerLength = 16;

export function encodeMessage({ type, flags, sequence, payload }: NetlinkMessage): Buffer {
  const length = headerLength + payload.length;
  const bytes = Buffer.alloc(align(length));
  bytes.writeUInt32LE(length, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt16LE(flags, 6);
  bytes.writeUInt32LE(sequence, 8);
  payload.copy(bytes, headerLength);
  return bytes;
}

/** The messages of one datagram; a truncated rest is left out. The payloads are views into `bytes`. */
export function decodeMessages(bytes: Buffer): NetlinkMessage[] {
  const messages: NetlinkMessage[] = [];
  for (let offset = 0; offset + headerLength <= bytes.length;) {
    const length = bytes.readUInt32LE(offset);
    if (length < headerLength || offset + length > bytes.length) break;
    messages.push({
      type: bytes.readUInt16LE(offset + 4),
      flags: bytes.readUInt16LE(offset + 6),
      sequence: bytes.readUInt32LE(offset + 8),
      payload: bytes.subarray(offset + headerLength, offset + length),
    });
    offset += align(length);
  }
  return messages;
}

export interface Verdict {
  /** 0 = success. */
  readonly errno: number;
  /** The kernel's explanation (extended acknowledgement), or empty. */
  readonly text: string;
}

const NLMSGERR_ATTR_MSG = 1;

/** What an acknowledgement (`NLMSG_ERROR`) or the end of a dump (`NLMSG_DONE`) says. */
export function decodeVerdict({ type, flags, payload }: NetlinkMessage): Verdict {
  const errno = payload.length >= 4 ? Math.abs(payload.readInt32LE(0)) : 0;
  if (!(flags & NLM_F.ackTlvs)) return { errno, text: '' };
  const attributes = new Attributes(payload.subarray(type === NLMSG.done ? 4 : endOfQuote(flags, payload)));
  return { errno, text: attributes.text(NLMSGERR_ATTR_MSG) ?? '' };
}

/** An error quotes the request: its header alone when the quote is capped, else all of it. */
function endOfQuote(flags: number, payload: Buffer): number {
  return 4 + (flags & NLM_F.capped ? headerLength : align(payload.readUInt32LE(4)));
}
