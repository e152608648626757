import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { decodeBase32, encodeBase32 } from "../../../../shared/link/base32.ts";
import type { LinkClaims, LinkMask, UnverifiedLink } from "../../../../shared/link/link-token.ts";
import {
  decodeLinkToken,
  deriveLinkMaskKey,
  deriveWorkspaceKey,
  LINK_TOKEN_LENGTH,
  mintLinkToken,
  verifyLinkToken,
} from "../../../../shared/link/link-token.ts";
import type { Refusal } from "../../../../shared/refusal/refusal.ts";
import { isRefusal } from "../../../../shared/refusal/refusal.ts";
import { sandboxIdFromBytes, sandboxIdToBytes } from "../../../../shared/sandbox-id.ts";

const SECRET = new Uint8Array(32).fill(7);
const NOW_MS = 1_800_000_000_000;
const CLAIMS: LinkClaims = {
  sandboxId: "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b",
  port: 3000,
  expiresAtMs: NOW_MS + 3_600_000,
  keyVersion: 5,
  restricted: false,
};

let key: CryptoKey;
let mask: LinkMask;

beforeAll(async () => {
  key = await deriveWorkspaceKey(SECRET, "ws_1", 5);
  mask = { slot: 0, key: await deriveLinkMaskKey(SECRET) };
});

async function decode(token: string): Promise<UnverifiedLink> {
  const link = await decodeLinkToken(token, [mask]);
  if (isRefusal(link)) throw new Error(`not decoded: ${link.code}`);
  return link;
}

async function open(token: string, nowMs = NOW_MS): Promise<LinkClaims | Refusal> {
  const link = await decodeLinkToken(token, [mask]);
  return isRefusal(link) ? link : verifyLinkToken(link, key, nowMs);
}

/** A copy of the token with changed claims, masked with the key that no visitor has. */
async function forge(token: string, change: (bytes: Uint8Array) => void): Promise<string> {
  const bytes = (await decode(token)).bytes.slice();
  change(bytes);
  const stream = new Uint8Array(await crypto.subtle.sign("HMAC", mask.key, bytes.slice(23)));
  for (let index = 1; index < 23; index++) bytes[index]! ^= stream[index - 1]!;
  return encodeBase32(bytes);
}

const claimsArbitrary = fc.record({
  sandboxId: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(sandboxIdFromBytes),
  port: fc.integer({ min: 1, max: 65_535 }),
  expiresAtMs: fc.integer({ min: NOW_MS / 1000 + 1, max: 0xffff_ffff }).map((seconds) => seconds * 1000),
  keyVersion: fc.integer({ min: 0, max: 31 }),
  restricted: fc.boolean(),
});

describe("mintLinkToken()", () => {
  test("makes another token each time, though the claims are the same", async () => {
    const tokens = new Set<string>();
    for (let count = 0; count < 100; count++) tokens.add(await mintLinkToken(CLAIMS, key, mask));
    expect(tokens.size).toBe(100);
  });

  test("fills a DNS label with lower-case base32", async () => {
    expect(await mintLinkToken(CLAIMS, key, mask)).toMatch(/^[a-z2-7]{63}$/);
    expect(LINK_TOKEN_LENGTH).toBe(63);
  });

  test("is undone by decodeLinkToken() and verifyLinkToken(), for any claims", async () => {
    await fc.assert(
      fc.asyncProperty(claimsArbitrary, async (claims) => {
        const token = await mintLinkToken(claims, key, mask);
        expect(token).toHaveLength(63);
        expect(await open(token)).toEqual(claims);
      }),
    );
  });

  test("hides the sandbox's UUID: none of its 4-byte runs is in the token", async () => {
    const token = Buffer.from(decodeBase32(await mintLinkToken(CLAIMS, key, mask)) ?? []);
    const id = Buffer.from(sandboxIdToBytes(CLAIMS.sandboxId));
    for (let start = 0; start + 4 <= id.length; start++) {
      expect(token.includes(id.subarray(start, start + 4))).toBe(false);
    }
    expect(Buffer.from((await decode(encodeBase32(token))).bytes).includes(id)).toBe(true);
  });

  test("gives two links of one sandbox and port nothing in common beyond format and key version", async () => {
    const first = decodeBase32(await mintLinkToken(CLAIMS, key, mask)) ?? new Uint8Array();
    const later = { ...CLAIMS, expiresAtMs: CLAIMS.expiresAtMs + 1000 };
    const second = decodeBase32(await mintLinkToken(later, key, mask)) ?? new Uint8Array();
    expect(second[0]).toBe(first[0]);
    const same = first.filter((byte, index) => index > 0 && byte === second[index]);
    expect(same.length).toBeLessThan(5);
    expect(second.slice(1, 5)).not.toEqual(first.slice(1, 5));
  });

  test.each([
    ["key version 32", { keyVersion: 32 }],
    ["a negative key version", { keyVersion: -1 }],
    ["a fractional key version", { keyVersion: 1.5 }],
    ["port 0", { port: 0 }],
    ["port 65536", { port: 65_536 }],
    ["a fractional port", { port: 3.5 }],
    ["an expiry beyond 32 bits", { expiresAtMs: 2 ** 32 * 1000 }],
    ["a negative expiry", { expiresAtMs: -1000 }],
    ["a fractional expiry", { expiresAtMs: 1500 }],
  ])("throws RangeError for %s", async (_case, change) => {
    await expect(mintLinkToken({ ...CLAIMS, ...change }, key, mask)).rejects.toThrow(RangeError);
  });
});

describe("decodeLinkToken()", () => {
  test.each([
    ["62 characters", "a".repeat(62)],
    ["64 characters", "a".repeat(64)],
    ["nothing", ""],
    ["a character outside the alphabet", `${"i".repeat(62)}1`],
    ["upper case", "I".repeat(63)],
    ["format 0", "a".repeat(63)],
    ["format 3", `m${"a".repeat(62)}`],
    ["format 7", `7${"a".repeat(62)}`],
  ])("refuses %s as link_invalid", async (_case, token) => {
    expect(await decodeLinkToken(token, [mask])).toEqual({ kind: "refusal", code: "link_invalid" });
  });

  test("refuses port 0 as link_invalid", async () => {
    const token = await forge(await mintLinkToken(CLAIMS, key, mask), (bytes) => bytes.fill(0, 17, 19));
    expect(await decodeLinkToken(token, [mask])).toEqual({ kind: "refusal", code: "link_invalid" });
  });

  test("reads nothing of the claims with the mask key of another secret", async () => {
    const token = await mintLinkToken(CLAIMS, key, mask);
    const other: LinkMask = { slot: 0, key: await deriveLinkMaskKey(new Uint8Array(32).fill(8)) };
    const link = await decodeLinkToken(token, [other]);
    if (!isRefusal(link)) expect(link.claims.sandboxId).not.toBe(CLAIMS.sandboxId);
  });
});

describe("decodeLinkToken() with two secrets", () => {
  test("reads the tokens of both, each by its slot", async () => {
    const next: LinkMask = { slot: 1, key: await deriveLinkMaskKey(new Uint8Array(32).fill(8)) };
    const masks = [next, mask];
    for (const one of masks) {
      const link = await decodeLinkToken(await mintLinkToken(CLAIMS, key, one), masks);
      expect(link).toMatchObject({ slot: one.slot, claims: CLAIMS });
    }
  });

  test("refuses a token of a slot that is not in use", async () => {
    const next: LinkMask = { slot: 1, key: mask.key };
    const token = await mintLinkToken(CLAIMS, key, next);
    expect(await decodeLinkToken(token, [mask])).toEqual({ kind: "refusal", code: "link_invalid" });
  });
});

describe("verifyLinkToken()", () => {
  test("refuses every single-bit flip of a plain and a restricted token", async () => {
    for (const restricted of [false, true]) {
      const bytes = decodeBase32(await mintLinkToken({ ...CLAIMS, restricted }, key, mask));
      expect(bytes).toHaveLength(39);
      for (let bit = 0; bit < 39 * 8; bit++) {
        const flipped = (bytes ?? new Uint8Array()).slice();
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7));
        const outcome = await open(encodeBase32(flipped));
        expect(isRefusal(outcome) && outcome.code, `bit ${bit}`).toBe("link_invalid");
      }
    }
  });

  test("refuses every single-bit flip of the bytes below the mask", async () => {
    const token = await mintLinkToken(CLAIMS, key, mask);
    for (let bit = 0; bit < 23 * 8; bit++) {
      const forged = await forge(token, (bytes) => {
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7));
      });
      const outcome = await open(forged);
      expect(isRefusal(outcome) && outcome.code, `bit ${bit}`).toBe("link_invalid");
    }
  });

  test("refuses every single-character change", async () => {
    const token = await mintLinkToken(CLAIMS, key, mask);
    for (let index = 0; index < token.length; index++) {
      const other = token[index] === "b" ? "c" : "b";
      expect(isRefusal(await open(token.slice(0, index) + other + token.slice(index + 1)))).toBe(true);
    }
  });

  test("accepts until the expiry, exclusive", async () => {
    const token = await mintLinkToken(CLAIMS, key, mask);
    expect(await open(token, CLAIMS.expiresAtMs - 1)).toEqual(CLAIMS);
    expect(await open(token, CLAIMS.expiresAtMs)).toEqual({ kind: "refusal", code: "link_expired" });
  });

  test("calls a forged token invalid, and not expired, even when it is past", async () => {
    const token = await mintLinkToken(CLAIMS, key, mask);
    const forged = await forge(token, (bytes) => bytes.fill(0, 19, 23));
    expect(await open(forged)).toEqual({ kind: "refusal", code: "link_invalid" });
  });

  test("refuses a lengthened expiry", async () => {
    const token = await mintLinkToken({ ...CLAIMS, expiresAtMs: 1000 }, key, mask);
    const forged = await forge(token, (bytes) => bytes.fill(0xff, 19, 23));
    expect((await decode(forged)).claims.expiresAtMs).toBe(0xffff_ffff * 1000);
    expect(await open(forged)).toEqual({ kind: "refusal", code: "link_invalid" });
  });

  test("refuses the same MAC for another port or another sandbox", async () => {
    const token = await mintLinkToken(CLAIMS, key, mask);
    const otherPort = await forge(token, (bytes) => bytes.set([0, 80], 17));
    expect((await decode(otherPort)).claims.port).toBe(80);
    expect(await open(otherPort)).toEqual({ kind: "refusal", code: "link_invalid" });
    const otherSandbox = await forge(token, (bytes) => bytes.fill(1, 1, 17));
    expect(await open(otherSandbox)).toEqual({ kind: "refusal", code: "link_invalid" });
  });

  test("refuses a restricted link that was turned into a plain one", async () => {
    const token = await mintLinkToken({ ...CLAIMS, restricted: true }, key, mask);
    const plain = await forge(token, (bytes) => bytes.set([(1 << 5) | 5], 0));
    expect((await decode(plain)).claims.restricted).toBe(false);
    expect(await open(plain)).toEqual({ kind: "refusal", code: "link_invalid" });
  });

  test.each([
    ["another workspace", SECRET, "ws_2", 5],
    ["another key version", SECRET, "ws_1", 6],
    ["another secret", new Uint8Array(32).fill(8), "ws_1", 5],
    ["a workspace whose name runs on from the version", SECRET, "\0ws_1", 5],
  ])("refuses the key of %s", async (_case, secret, workspace, version) => {
    const link = await decode(await mintLinkToken(CLAIMS, key, mask));
    const other = await deriveWorkspaceKey(secret, workspace, version);
    expect(await verifyLinkToken(link, other, NOW_MS)).toEqual({ kind: "refusal", code: "link_invalid" });
  });

  test("refuses a key version that is no longer valid", async () => {
    const link = await decode(await mintLinkToken(CLAIMS, key, mask));
    expect(await verifyLinkToken(link, undefined, NOW_MS)).toEqual({ kind: "refusal", code: "link_invalid" });
  });
});
