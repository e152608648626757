import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import type { HostCaller, HostPublicKey } from "../../../../shared/protocol/host-token.ts";
import {
  HOST_TOKEN_MAX_LIFETIME_S,
  readHostTokenIssuer,
  signHostToken,
  verifyHostToken,
} from "../../../../shared/protocol/host-token.ts";
import { CLOCK_TOLERANCE_S } from "../../../../shared/protocol/signature.ts";

/** Claims of any type: also those that the contract does not allow. */
type Claims = Readonly<Record<string, unknown>>;

const NOW_MS = 1_800_000_000_000;
const NOW_S = NOW_MS / 1000;
const HOST_ID = "host-1";
const ACCEPTED_MS = (HOST_TOKEN_MAX_LIFETIME_S + CLOCK_TOLERANCE_S) * 1000;
const CLAIMS: Claims = { iss: HOST_ID, aud: "preview-edge", iat: NOW_S, exp: NOW_S + 60 };

let hostKeys: CryptoKeyPair;
let otherKeys: CryptoKeyPair;
let publicKey: HostPublicKey;

beforeAll(async () => {
  hostKeys = (await generateKeyPair("EdDSA", { extractable: true })) as CryptoKeyPair;
  otherKeys = (await generateKeyPair("EdDSA")) as CryptoKeyPair;
  publicKey = (await exportJWK(hostKeys.publicKey)) as unknown as HostPublicKey;
});

function signClaims(change: Claims): Promise<string> {
  return new SignJWT({ ...CLAIMS, ...change }).setProtectedHeader({ alg: "EdDSA" }).sign(hostKeys.privateKey);
}

function verify(token: string, { hostId = HOST_ID, nowMs = NOW_MS } = {}): Promise<HostCaller> {
  return verifyHostToken(token, hostId, publicKey, nowMs);
}

describe("signHostToken()", () => {
  test("makes a token that verifyHostToken() accepts and readHostTokenIssuer() reads", async () => {
    const token = await signHostToken(HOST_ID, hostKeys.privateKey, NOW_MS);
    await expect(verify(token)).resolves.not.toThrow();
    expect(readHostTokenIssuer(token)).toBe(HOST_ID);
  });
});

describe("verifyHostToken() returns the caller", () => {
  test.each([
    ["without an instance", { takesOver: false }],
    ["with one", { instance: "0123456789abcdef", takesOver: false }],
    ["that takes over", { instance: "0123456789abcdef", takesOver: true }],
  ])("%s", async (_what, caller) => {
    expect(await verify(await signHostToken(HOST_ID, hostKeys.privateKey, NOW_MS, caller))).toEqual(caller);
  });

  test.each([{ instance: 5 }, { instance: "short" }, { instance: "x".repeat(65) }, { take_over: "true" }])(
    "without what is not in the contract: %j",
    async (claims) => {
      expect(await verify(await signClaims(claims))).toEqual({ takesOver: false });
    },
  );
});

describe("readHostTokenIssuer()", () => {
  test("reads an issuer whose signature does not hold", async () => {
    const token = await signHostToken(HOST_ID, otherKeys.privateKey, NOW_MS);
    expect(readHostTokenIssuer(token)).toBe(HOST_ID);
  });

  test.each(["", "x", "a.b.c", "e30.e30", `${"a".repeat(100_000)}.b.c`])(
    "misses in what is no JWT (%#)",
    (text) => {
      expect(readHostTokenIssuer(text)).toBeUndefined();
    },
  );

  test("misses in a JWT without an issuer", async () => {
    expect(readHostTokenIssuer(await signClaims({ iss: undefined }))).toBeUndefined();
  });
});

describe("verifyHostToken()", () => {
  test("accepts for a lifetime and the tolerated clock difference, and no longer", async () => {
    const token = await signHostToken(HOST_ID, hostKeys.privateKey, NOW_MS);
    await expect(verify(token, { nowMs: NOW_MS + ACCEPTED_MS - 1000 })).resolves.not.toThrow();
    await expect(verify(token, { nowMs: NOW_MS + ACCEPTED_MS })).rejects.toThrow();
  });

  test("accepts a longer-lived token no longer than that", async () => {
    const token = await signClaims({ exp: NOW_S + 3600 });
    await expect(verify(token)).resolves.not.toThrow();
    await expect(verify(token, { nowMs: NOW_MS + ACCEPTED_MS + 1000 })).rejects.toThrow();
  });

  test("accepts a clock ahead by the tolerance, and refuses one further ahead", async () => {
    const aheadMs = NOW_MS + CLOCK_TOLERANCE_S * 1000;
    const sign = (nowMs: number) => signHostToken(HOST_ID, hostKeys.privateKey, nowMs);
    await expect(verify(await sign(aheadMs))).resolves.not.toThrow();
    await expect(verify(await sign(aheadMs + 1000))).rejects.toThrow();
  });

  test("refuses the token of another host", async () => {
    const token = await signHostToken("host-2", hostKeys.privateKey, NOW_MS);
    await expect(verify(token)).rejects.toThrow();
  });

  test("refuses a token by another key", async () => {
    const token = await signHostToken(HOST_ID, otherKeys.privateKey, NOW_MS);
    await expect(verify(token)).rejects.toThrow();
  });

  test("refuses an unsigned token", async () => {
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
    await expect(verify(`${encode({ alg: "none" })}.${encode(CLAIMS)}.`)).rejects.toThrow();
  });

  test("refuses a token that its public key, taken as a secret, has signed", async () => {
    const token = await new SignJWT(CLAIMS)
      .setProtectedHeader({ alg: "HS256" })
      .sign(Buffer.from(publicKey.x, "base64url"));
    await expect(verify(token)).rejects.toThrow();
  });

  test.each<[string, Claims]>([
    ["another audience", { aud: "preview" }],
    ["no audience", { aud: undefined }],
    ["no issue time", { iat: undefined }],
    ["no end", { exp: undefined }],
  ])("refuses %s", async (_case, change) => {
    await expect(verify(await signClaims(change))).rejects.toThrow();
  });
});
