import { crc32 } from 'node:zlib';

export interface ZipEntry {
  readonly path: string;
  readonly content: string;
}

const localHeader = 0x04_03_4b_50;
const centralHeader = 0x02_01_4b_50;
const endOfCentralDirectory = 0x06_05_4b_50;
const version = 20;
const utf8Names = 0x08_00;
const firstDay = 0x00_21; // 1 January 1980: the same content is the same file
const regularFile = 0o100_644;

/** A ZIP archive of uncompressed files (APPNOTE 6.3.10, sections 4.3.7, 4.3.12, 4.3.16), readable by everything. */
export function createZip(entries: readonly ZipEntry[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.path);
    const content = Buffer.from(entry.content);
    const facts = describe(name, content);
    files.push(uint32(localHeader), uint16(version), facts, uint16(0), name, content);
    directory.push(uint32(centralHeader), uint16(version | (3 << 8)), uint16(version), facts);
    directory.push(uint16(0), uint16(0), uint16(0), uint16(0), uint32(regularFile * 0x1_00_00), uint32(offset), name);
    offset = lengthOf(files);
  }
  const count = uint16(entries.length);
  const end = [uint32(endOfCentralDirectory), uint32(0), count, count, uint32(lengthOf(directory)), uint32(offset), uint16(0)];
  return Buffer.concat([...files, ...directory, ...end]);
}

/** What both headers say of a file, from the flags to the length of its name. */
function describe(name: Buffer, content: Buffer): Buffer {
  const stored = uint16(0);
  const size = uint32(content.length);
  return Buffer.concat([
    uint16(utf8Names),
    stored,
    uint16(0),
    uint16(firstDay),
    uint32(crc32(content)),
    size,
    size,
    uint16(name.length),
  ]);
}

function lengthOf(parts: readonly Buffer[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
