import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { linkId } from "../../../../shared/link/link-id.ts";
import { linkName } from "../../../../shared/link/link-name.ts";
import type { UnverifiedLink } from "../../../../shared/link/link-token.ts";

const CLAIMS = {
  sandboxId: "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b",
  port: 3000,
  expiresAtMs: 1_800_000_000_000,
  keyVersion: 0,
  restricted: false,
};

function linkOf(fill: number): UnverifiedLink {
  return { claims: CLAIMS, slot: 0, bytes: new Uint8Array(39).fill(fill) };
}

test("linkId() is the first half of the SHA-256 of the link's name, in hex", async () => {
  const link = linkOf(7);
  const expected = createHash("sha256").update(linkName(link)).digest("hex").slice(0, 32);
  expect(await linkId(link)).toBe(expected);
});

test("linkId() differs for two links of the same claims", async () => {
  expect(await linkId(linkOf(7))).not.toBe(await linkId(linkOf(8)));
});
