/**
 * Netlink attributes (linux/netlink.h, struct nlattr): length and type in 16 bits each, then the value, padded to 4 bytes. Encoders
 * leave an attribute out when its value is `undefined`, so that optional fields need no condition where they are listed.
 */

const headerLength = 4;
const NLA_F_NESTED = 0x8000;
const NLA_TYPE_MASK = 0x3fff;

const nothing = Buffer.alloc(0);

export function bytes(type: number, value: Uint8Array | undefined): Buffer {
  if (value === undefined) return nothing;
  const attribute = Buffer.alloc(align(headerLength + value.length));
  attribute.writeUInt16LE(headerLength + value.length, 0);
  attribute.writeUInt16LE(type, 2);
  attribute.set(value, headerLength);
  return attribute;
}

export function u8(type: number, value: number | undefined): Buffer {
  return bytes(type, value === undefined ? undefined : Uint8Array.of(value));
}

export function u16(type: number, value: number | undefined): Buffer {
  return number(type, value, 2, 'writeUInt16LE');
}

export function u32(type: number, value: number | undefined): Buffer {
  return number(type, value, 4, 'writeUInt32LE');
}

/** Netfilter's numbers are in network byte order. */
export function be16(type: number, value: number | undefined): Buffer {
  return number(type, value, 2, 'writeUInt16BE');
}

export function be32(type: number, value: number | undefined): Buffer {
  return number(type, value, 4, 'writeUInt32BE');
}

/** A string with its final zero. */
export function text(type: number, value: string | undefined): Buffer {
  return bytes(type, value === undefined ? undefined : Buffer.from(`${value}\0`));
}

/** `10.0.0.1` as four bytes. */
export function ipv4(type: number, value: string | undefined): Buffer {
  return bytes(type, value === undefined ? undefined : ipv4Bytes(value));
}

/** `02:5e:00:00:00:01` as six bytes. */
export function mac(type: number, value: string | undefined): Buffer {
  return bytes(type, value === undefined ? undefined : Buffer.from(value.replaceAll(':', ''), 'hex'));
}

export function nested(type: number, ...children: readonly Buffer[]): Buffer {
  return bytes(type | NLA_F_NESTED, Buffer.concat(children));
}

export function ipv4Bytes(address: string): Uint8Array {
  return Uint8Array.from(address.split('.'), Number);
}

/** Lengths in netlink are rounded up to 4 bytes. */
export function align(length: number): number {
  return (length + 3) & ~3;
}

/** The attributes at the end of a message or inside a nested attribute, read by type. Absent ones read as `undefined`. */
export class Attributes {
  readonly #values = new Map<number, Buffer>();

  constructor(encoded: Buffer) {
    for (const { type, value } of split(encoded)) this.#values.set(type, value);
  }

  bytes(type: number): Buffer | undefined {
    return this.#values.get(type);
  }

  u8(type: number): number | undefined {
    return this.bytes(type)?.readUInt8();
  }

  u16(type: number): number | undefined {
    return this.bytes(type)?.readUInt16LE();
  }

  u32(type: number): number | undefined {
    return this.bytes(type)?.readUInt32LE();
  }

  u64(type: number): number | undefined {
    const value = this.bytes(type)?.readBigUInt64LE();
    return value === undefined ? undefined : Number(value);
  }

  be16(type: number): number | undefined {
    return this.bytes(type)?.readUInt16BE();
  }

  be32(type: number): number | undefined {
    return this.bytes(type)?.readUInt32BE();
  }

  be64(type: number): number | undefined {
    const value = this.bytes(type)?.readBigUInt64BE();
    return value === undefined ? undefined : Number(value);
  }

  text(type: number): string | undefined {
    return this.bytes(type)?.toString('utf8').replace(/\0.*$/su, '');
  }

  ipv4(type: number): string | undefined {
    return this.bytes(type)?.join('.');
  }

  mac(type: number): string | undefined {
    return this.bytes(type)
      ?.toString('hex')
      .replaceAll(/(..)(?=.)/gu, '$1:');
  }

  nested(type: number): Attributes {
    return new Attributes(this.bytes(type) ?? nothing);
  }

  /** A nested attribute that is a list: its members in order, whatever their types. */
  list(type: number): Attributes[] {
    return split(this.bytes(type) ?? nothing).map(({ value }) => new Attributes(value));
  }
}

function split(encoded: Buffer): { type: number; value: Buffer }[] {
  const attributes: { type: number; value: Buffer }[] = [];
  for (let offset = 0; offset + headerLength <= encoded.length;) {
    const length = encoded.readUInt16LE(offset);
    if (length < headerLength) break;
    const type = encoded.readUInt16LE(offset + 2) & NLA_TYPE_MASK;
    attributes.push({ type, value: encoded.subarray(offset + headerLength, offset + length) });
    offset += align(length);
  }
  return attributes;
}

type NumberWriter = 'writeUInt16LE' | 'writeUInt32LE' | 'writeUInt16BE' | 'writeUInt32BE';

function number(type: number, value: number | undefined, size: number, write: NumberWriter): Buffer {
  if (value === undefined) return nothing;
  const encoded = Buffer.alloc(size);
  encoded[write](value);
  return bytes(type, encoded);
}
