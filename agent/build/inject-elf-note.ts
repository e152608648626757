const PAGE_BYTES = 4096;
const PROGRAM_HEADER_BYTES = 56;
const PT_LOAD = 1;
const PT_NOTE = 4;
const PT_PHDR = 6;
const PF_R = 4;

/** Offsets into the ELF-64 header (System V ABI, chapter 4). */
const E_PHOFF = 32;
const E_PHENTSIZE = 54;
const E_PHNUM = 56;

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

/**
 * Adds a note that the program finds among its own program headers at run time.
 *
 * The note and a longer program header table go to the end of the file, into a segment of their own. That
 * segment's address is its file offset plus the first segment's, because kernels before 5.18 compute the
 * table's address (AT_PHDR) so.
 *
 * @param elf a little-endian 64-bit ELF file
 * @throws {TypeError} any other file, or one that leaves no room in its address space
 */
export function injectElfNote(elf: Buffer, name: string, content: Buffer): Buffer {
  if (elf.readUInt32BE(0) !== 0x7f454c46 || elf[4] !== 2 || elf[5] !== 1) {
    throw new TypeError("not a little-endian 64-bit ELF file");
  }
  const headers = programHeaders(elf);
  const loads = headers.map(readSegment).filter(({ type }) => type === PT_LOAD);
  const base = (loads[0]?.address ?? 0) - (loads[0]?.offset ?? 0);
  const tableBytes = (headers.length + 2) * PROGRAM_HEADER_BYTES;
  const note = encodeNote(name, content);
  const offset = Math.ceil(elf.length / PAGE_BYTES) * PAGE_BYTES;
  const address = base + offset;
  if (loads.some((load) => load.address + load.size > address)) {
    throw new TypeError("the ELF file's segments reach beyond its end");
  }

  const size = tableBytes + note.length;
  const table = [
    ...headers.map((header) =>
      readSegment(header).type === PT_PHDR ? segmentHeader(PT_PHDR, offset, address, tableBytes, 8) : header,
    ),
    segmentHeader(PT_LOAD, offset, address, size, PAGE_BYTES),
    segmentHeader(PT_NOTE, offset + tableBytes, address + tableBytes, note.length, 4),
  ];
  const result = Buffer.concat([elf, Buffer.alloc(offset - elf.length), ...table, note]);
  result.writeBigUInt64LE(BigInt(offset), E_PHOFF);
  result.writeUInt16LE(table.length, E_PHNUM);
  return result;
}

function programHeaders(elf: Buffer): Buffer[] {
  if (elf.readUInt16LE(E_PHENTSIZE) !== PROGRAM_HEADER_BYTES) throw new TypeError("not a 64-bit ELF program");
  const start = Number(elf.readBigUInt64LE(E_PHOFF));
  return Array.from({ length: elf.readUInt16LE(E_PHNUM) }, (_, index) => {
    const at = start + index * PROGRAM_HEADER_BYTES;
    return Buffer.from(elf.subarray(at, at + PROGRAM_HEADER_BYTES));
  });
}

function readSegment(header: Buffer): Segment {
  return {
    type: header.readUInt32LE(0),
    offset: Number(header.readBigUInt64LE(8)),
    address: Number(header.readBigUInt64LE(16)),
    size: Number(header.readBigUInt64LE(40)),
  };
}

function segmentHeader(type: number, offset: number, address: number, size: number, align: number): Buffer {
  const header = Buffer.alloc(PROGRAM_HEADER_BYTES);
  header.writeUInt32LE(type, 0);
  header.writeUInt32LE(PF_R, 4);
  header.writeBigUInt64LE(BigInt(offset), 8);
  for (const at of [16, 24]) header.writeBigUInt64LE(BigInt(address), at);
  for (const at of [32, 40]) header.writeBigUInt64LE(BigInt(size), at);
  header.writeBigUInt64LE(BigInt(align), 48);
  return header;
}

function encodeNote(name: string, content: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt32LE(name.length + 1, 0);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, padded(Buffer.from(`${name}\0`, "latin1")), padded(content)]);
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}
