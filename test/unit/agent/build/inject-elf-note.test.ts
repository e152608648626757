import { describe, expect, test } from "vitest";
import { injectElfNote } from "../../../../agent/build/inject-elf-note.ts";

/** An ELF-64 file of one page whose only segment is that page. */
function createElf(memoryBytes = 4096): Buffer {
  const elf = Buffer.alloc(4096);
  elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  elf.writeBigUInt64LE(64n, 32);
  elf.writeUInt16LE(56, 54);
  elf.writeUInt16LE(1, 56);
  elf.writeUInt32LE(1, 64);
  elf.writeBigUInt64LE(0x40_0000n, 64 + 16);
  elf.writeBigUInt64LE(BigInt(memoryBytes), 64 + 40);
  return elf;
}

describe("injectElfNote()", () => {
  test("adds a mapped segment and a note in it", () => {
    const elf = injectElfNote(createElf(), "NAME", Buffer.from("content"));
    const table = Number(elf.readBigUInt64LE(32));
    expect(table).toBe(4096);
    expect(elf.readUInt16LE(56)).toBe(3);

    const load = table + 56;
    const note = table + 112;
    expect([elf.readUInt32LE(load), elf.readUInt32LE(note)]).toEqual([1, 4]);
    const offset = Number(elf.readBigUInt64LE(note + 8));
    expect(Number(elf.readBigUInt64LE(note + 16))).toBe(0x40_0000 + offset);
    expect([elf.readUInt32LE(offset), elf.readUInt32LE(offset + 4)]).toEqual([5, 7]);
    expect(elf.toString("latin1", offset + 12, offset + 16)).toBe("NAME");
    expect(elf.toString("latin1", offset + 20, offset + 27)).toBe("content");
  });

  test("refuses a file that is no ELF-64", () => {
    expect(() => injectElfNote(Buffer.alloc(64), "NAME", Buffer.alloc(0))).toThrow(TypeError);
  });

  test("refuses a file whose memory covers the note's place", () => {
    expect(() => injectElfNote(createElf(8192), "NAME", Buffer.alloc(0))).toThrow(TypeError);
  });
});
