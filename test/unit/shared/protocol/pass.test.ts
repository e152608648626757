import { generateKeyPair, SignJWT } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { MAX_PASS_LENGTH } from "../../../../connector/pass-verifier.ts";
import { MAX_PORTS_WITH_SETTINGS } from "../../../../shared/access.ts";
import type { Generation } from "../../../../shared/generation.ts";
import { MAX_EMBED_ORIGIN_LENGTH, MAX_EMBED_ORIGINS } from "../../../../shared/link/embed-origin.ts";
import type { Pass, SandboxPass } from "../../../../shared/protocol/pass.ts";
import {
  PASS_MAX_ACCEPTANCE_MS,
  PASS_MAX_LIFETIME_S,
  signPass,
  verifyPass,
} from "../../../../shared/protocol/pass.ts";
import { CLOCK_TOLERANCE_S } from "../../../../shared/protocol/signature.ts";

/** Claims of any type: also those that the contract does not allow. */
type Claims = Readonly<Record<string, unknown>>;

const NOW_MS = 1_800_000_000_000;
const NOW_S = NOW_MS / 1000;
const HOST_ID = "host-1";
const SANDBOX_ID = "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";
const PASS: SandboxPass = {
  kind: "sandbox",
  sandboxId: SANDBOX_ID,
  port: 3000,
  generation: "1764088200000-1a2b3c4d" as Generation,
  expiresAtMs: NOW_MS + 3_600_000,
  link: { id: "0123456789abcdef0123456789abcdef", keyVersion: 31 },
};
const CLAIMS: Claims = { sub: SANDBOX_ID, port: 3000, gen: PASS.generation, until: 0, link: null };

let edgeKeys: CryptoKeyPair;
let otherKeys: CryptoKeyPair;

beforeAll(async () => {
  edgeKeys = (await generateKeyPair("EdDSA")) as CryptoKeyPair;
  otherKeys = (await generateKeyPair("EdDSA")) as CryptoKeyPair;
});

function sign(pass: Pass, nowMs = NOW_MS): Promise<string> {
  return signPass(pass, { hostId: HOST_ID, keyId: "k1", privateKey: edgeKeys.privateKey }, nowMs);
}

function verify(jwt: string, { hostId = HOST_ID, nowMs = NOW_MS } = {}) {
  return verifyPass(jwt, hostId, async () => edgeKeys.publicKey, nowMs);
}

/** A JWT that the edge's key signed, with other claims than `signPass` would write. */
function signClaims(claims: Claims): Promise<string> {
  const registered = { iss: "preview-edge", aud: HOST_ID, iat: NOW_S, exp: NOW_S + PASS_MAX_LIFETIME_S };
  return new SignJWT({ ...registered, ...claims })
    .setProtectedHeader({ alg: "EdDSA", kid: "k1" })
    .sign(edgeKeys.privateKey);
}

describe("signPass()", () => {
  test.each<[string, Pass]>([
    ["a link", PASS],
    ["a public hostname", { ...PASS, link: undefined, expiresAtMs: undefined }],
    [
      "a link that may be embedded",
      { ...PASS, embed: ["https://app.example.org", "https://b.example:8443"] },
    ],
    ["the host itself", { kind: "host" }],
    ["terms", { ...PASS, terms: { hostPolicy: "public", scheme: "https", loopback: "off", listed: [3000] } }],
    ["one of the terms", { ...PASS, terms: { hostPolicy: "local" } }],
    ["an empty list", { ...PASS, terms: { listed: [] } }],
  ])("is undone by verifyPass(), for %s", async (_case, pass) => {
    expect((await verify(await sign(pass))).pass).toEqual(pass);
  });

  test("names its key, so that a connector can look it up", async () => {
    const [header = ""] = (await sign(PASS)).split(".");
    expect(JSON.parse(Buffer.from(header, "base64url").toString())).toEqual({ alg: "EdDSA", kid: "k1" });
  });
});

describe("the longest pass", () => {
  test("fits into what a connector reads", async () => {
    const origin = "https://".padEnd(MAX_EMBED_ORIGIN_LENGTH, "a");
    const embed = Array(MAX_EMBED_ORIGINS).fill(origin) as string[];
    const listed = Array.from({ length: MAX_PORTS_WITH_SETTINGS }, (_, index) => 65_535 - index);
    const terms = { hostPolicy: "public", scheme: "https", loopback: "off", listed } as const;
    expect((await sign({ ...PASS, port: 65_535, embed, terms })).length).toBeLessThanOrEqual(MAX_PASS_LENGTH);
  });
});

describe("verifyPass() of a link that may be embedded", () => {
  const LINK_CLAIMS: Claims = { ...CLAIMS, link: PASS.link };

  test.each([
    ["no list", "https://a.example"],
    ["an empty list", []],
    ["a list that is too long", Array(6).fill("https://a.example")],
    ["an origin that adds a directive", ["https://a.example; script-src *"]],
    ["an origin that adds a field", ["https://a.example\r\na: b"]],
    ["null", null],
  ])("refuses %s", async (_case, embed) => {
    await expect(verify(await signClaims({ ...LINK_CLAIMS, embed }))).rejects.toThrow(TypeError);
  });

  test("refuses it under a public hostname", async () => {
    await expect(verify(await signClaims({ ...CLAIMS, embed: ["https://a.example"] }))).rejects.toThrow(
      TypeError,
    );
  });
});

describe("verifyPass()", () => {
  test("accepts until a lifetime and the tolerated clock difference are over, exclusive", async () => {
    const jwt = await sign(PASS, NOW_MS + 999);
    const { acceptedUntilMs } = await verify(jwt);
    expect(acceptedUntilMs).toBe(NOW_MS + PASS_MAX_ACCEPTANCE_MS);
    expect((await verify(jwt, { nowMs: acceptedUntilMs - 1000 })).pass).toEqual(PASS);
    await expect(verify(jwt, { nowMs: acceptedUntilMs })).rejects.toThrow();
  });

  test("accepts a longer-lived pass no longer than that", async () => {
    const jwt = await signClaims({ ...CLAIMS, exp: NOW_S + 3600 });
    const { acceptedUntilMs } = await verify(jwt);
    expect(acceptedUntilMs).toBe(NOW_MS + PASS_MAX_ACCEPTANCE_MS);
    await expect(verify(jwt, { nowMs: acceptedUntilMs + 1000 })).rejects.toThrow();
  });

  test("accepts a pass from a clock ahead by the tolerance, and refuses one further ahead", async () => {
    const aheadMs = CLOCK_TOLERANCE_S * 1000;
    await expect(verify(await sign(PASS, NOW_MS + aheadMs))).resolves.toBeDefined();
    await expect(verify(await sign(PASS, NOW_MS + aheadMs + 1000))).rejects.toThrow();
  });

  test("refuses a pass for another host", async () => {
    await expect(verify(await sign(PASS), { hostId: "host-2" })).rejects.toThrow();
  });

  test("refuses a pass by another key", async () => {
    const signing = { hostId: HOST_ID, keyId: "k1", privateKey: otherKeys.privateKey };
    await expect(verify(await signPass(PASS, signing, NOW_MS))).rejects.toThrow();
  });

  test("refuses a changed claim", async () => {
    const [header, payload = "", signature] = (await sign(PASS)).split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
    const changed = Buffer.from(JSON.stringify({ ...claims, port: 22 })).toString("base64url");
    await expect(verify(`${header}.${changed}.${signature}`)).rejects.toThrow();
  });

  test("refuses an unsigned JWT", async () => {
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
    const [, payload] = (await sign(PASS)).split(".");
    await expect(verify(`${encode({ alg: "none" })}.${payload}.`)).rejects.toThrow();
  });

  test.each(["", "x", "a.b.c", `${"a".repeat(100_000)}.b.c`])("refuses what is no JWT (%#)", async (text) => {
    await expect(verify(text)).rejects.toThrow();
  });

  test.each<[string, Claims]>([
    ["another issuer", { iss: "somewhere" }],
    ["no subject", { sub: undefined }],
    ["no issue time", { iat: undefined }],
    ["no end", { exp: undefined }],
  ])("refuses %s", async (_case, change) => {
    await expect(verify(await signClaims({ ...CLAIMS, ...change }))).rejects.toThrow();
  });

  test.each<[string, Claims]>([
    ["a subject that is no UUID", { sub: "sandbox" }],
    ["a subject in upper case", { sub: SANDBOX_ID.toUpperCase() }],
    ["no port", { port: undefined }],
    ["port 0", { port: 0 }],
    ["port 65536", { port: 65_536 }],
    ["a port as text", { port: "3000" }],
    ["no generation", { gen: undefined }],
    ["a malformed generation", { gen: "1" }],
    ["no until", { until: undefined }],
    ["a negative until", { until: -1 }],
    ["a fractional until", { until: 1.5 }],
    ["an until beyond 2^53", { until: 2 ** 53 }],
    ["no link", { link: undefined }],
    ["a link as text", { link: "id" }],
    ["an unknown host policy", { host_policy: "private" }],
    ["an unknown scheme", { scheme: "http" }],
    ["an unknown loopback mode", { loopback: "on" }],
    ["listed ports as text", { listed: "3000" }],
    ["a listed port out of range", { listed: [0] }],
    ["more listed ports than a sandbox may have", { listed: Array(65).fill(3000) }],
    ["a link without a key version", { link: { id: "id" } }],
    ["a link without an id", { link: { keyVersion: 0 } }],
  ])("throws TypeError for %s", async (_case, change) => {
    await expect(verify(await signClaims({ ...CLAIMS, ...change }))).rejects.toThrow(TypeError);
  });
});
