export interface ArMember {
  readonly name: string;
  readonly content: Uint8Array;
}

const MAX_NAME = 16;

/** Packs members into a Unix archive as Debian's packages use it: short names without a slash (deb(5)). */
export function createAr(members: readonly ArMember[], epochS: number): Buffer {
  const parts = members.flatMap(({ name, content }) => {
    if (name.length > MAX_NAME) throw new RangeError(`${name} is longer than ${MAX_NAME} characters`);
    const fields = [
      name.padEnd(16),
      `${epochS}`.padEnd(12),
      "0".padEnd(6),
      "0".padEnd(6),
      "100644".padEnd(8),
    ];
    const header = `${fields.join("")}${`${content.length}`.padEnd(10)}\`\n`;
    return [Buffer.from(header, "latin1"), content, Buffer.from(content.length % 2 === 0 ? "" : "\n")];
  });
  return Buffer.concat([Buffer.from("!<arch>\n", "latin1"), ...parts]);
}
