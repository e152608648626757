import { describe, expect, test } from "vitest";
import { encodeBase32 } from "../../shared/link/base32.ts";
import type { LinkMask, UnverifiedLink } from "../../shared/link/link-token.ts";
import { decodeLinkToken, deriveLinkMaskKey } from "../../shared/link/link-token.ts";
import { isRefusal } from "../../shared/refusal/refusal.ts";

const CLAIMS_BYTES = 23;
const BLOCK_BYTES = 16;
const TRIES = 200;

/** What a visitor who chooses nonce and MAC makes the edge read from 22 masked bytes of zero: the mask itself. */
async function readMask(mask: LinkMask, nonceAndMac: Uint8Array): Promise<Uint8Array | undefined> {
  const token = new Uint8Array(39);
  token[0] = 1 << 5;
  token.set(nonceAndMac, CLAIMS_BYTES);
  const link: UnverifiedLink | { kind: "refusal" } = await decodeLinkToken(encodeBase32(token), [mask]);
  return isRefusal(link) ? undefined : (link as UnverifiedLink).bytes.slice(1, CLAIMS_BYTES);
}

describe("the mask of a link", () => {
  test("gives none of the UUID's bits away by the mask of another token, as a counter would", async () => {
    const mask: LinkMask = { slot: 0, key: await deriveLinkMaskKey(new Uint8Array(32).fill(7)) };
    let compared = 0;
    for (let count = 0; count < TRIES; count++) {
      const chosen = crypto.getRandomValues(new Uint8Array(16));
      chosen[15] = 0;
      const next = chosen.slice();
      next[15] = 1;
      const [first, second] = [await readMask(mask, chosen), await readMask(mask, next)];
      if (first === undefined || second === undefined) continue;
      compared++;
      // In counter mode the block after `chosen` is the first block of `next`.
      expect(first.slice(BLOCK_BYTES)).not.toEqual(second.slice(0, CLAIMS_BYTES - 1 - BLOCK_BYTES));
      const equal = first.filter((byte, index) => byte === second[index]).length;
      expect(equal, "bytes in common").toBeLessThan(8);
    }
    expect(compared).toBeGreaterThan(TRIES / 2);
  });
});
