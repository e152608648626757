import { expect, test } from "vitest";
import { linkName } from "../../../../shared/link/link-name.ts";
import type { LinkMask, UnverifiedLink } from "../../../../shared/link/link-token.ts";
import {
  decodeLinkToken,
  deriveLinkMaskKey,
  deriveWorkspaceKey,
  mintLinkToken,
} from "../../../../shared/link/link-token.ts";
import { isRefusal } from "../../../../shared/refusal/refusal.ts";

const SECRET = new Uint8Array(32).fill(7);
const CLAIMS = {
  sandboxId: "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b",
  port: 3000,
  expiresAtMs: 1_800_000_000_000,
  keyVersion: 0,
  restricted: false,
};

test("linkName() is the last 16 of a link's 39 bytes in hex", () => {
  const link: UnverifiedLink = {
    claims: CLAIMS,
    slot: 0,
    bytes: Uint8Array.from({ length: 39 }, (_, index) => index),
  };
  expect(linkName(link)).toBe("1718191a1b1c1d1e1f20212223242526");
});

test("linkName() is the same each time for one token, and differs for two tokens of the same claims", async () => {
  const mask: LinkMask = { slot: 0, key: await deriveLinkMaskKey(SECRET) };
  const key = await deriveWorkspaceKey(SECRET, "ws_1", 0);
  const nameOf = async (token: string) => {
    const link = await decodeLinkToken(token, [mask]);
    if (isRefusal(link)) throw new Error(link.code);
    return linkName(link);
  };
  const one = await mintLinkToken(CLAIMS, key, mask);
  const other = await mintLinkToken(CLAIMS, key, mask);
  expect(await nameOf(one)).toBe(await nameOf(one));
  expect(await nameOf(one)).not.toBe(await nameOf(other));
});
