import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { PassVerifier } from "../../../connector/pass-verifier.ts";
import { refuse } from "../../../shared/refusal/refusal.ts";

const NOW_S = 1_800_000_000;
const ID = "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";
const REFUSED = refuse("pass_invalid");
const PAYLOAD = { port: 3000, gen: "1800000000000-aaaaaaaa", until: 0, link: null };

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;
let edge: Keys;
let otherKeys: Keys;
let keySet: ReturnType<typeof createLocalJWKSet>;

beforeAll(async () => {
  edge = await generateKeyPair("EdDSA", { extractable: true });
  otherKeys = await generateKeyPair("EdDSA");
  const jwk = await exportJWK(edge.publicKey);
  keySet = createLocalJWKSet({ keys: [{ ...jwk, kid: "k1", alg: "EdDSA", use: "sig" }] });
});

interface Claims {
  readonly aud?: string;
  readonly iss?: string;
  readonly sub?: string;
  readonly iat?: number;
  readonly exp?: number;
  readonly kid?: string;
  readonly payload?: Record<string, unknown>;
}

function sign(claims: Claims = {}, key = edge.privateKey): Promise<string> {
  const {
    aud = "host-1",
    iss = "preview-edge",
    sub = ID,
    iat = NOW_S,
    exp = NOW_S + 60,
    kid = "k1",
  } = claims;
  return new SignJWT({ ...PAYLOAD, ...claims.payload })
    .setProtectedHeader({ alg: "EdDSA", kid })
    .setIssuer(iss)
    .setAudience(aud)
    .setSubject(sub)
    .setIssuedAt(iat)
    .setExpirationTime(exp)
    .sign(key);
}

function createVerifier(): PassVerifier {
  return new PassVerifier("host-1", keySet);
}

describe("PassVerifier.verify()", () => {
  test("reads a pass, and remembers it until it has expired also by the slowest tolerated clock", async () => {
    const passes = createVerifier();
    const pass = await sign();
    const claims = {
      kind: "sandbox",
      sandboxId: ID,
      port: 3000,
      generation: "1800000000000-aaaaaaaa",
      expiresAtMs: undefined,
      link: undefined,
    };
    expect(passes.recall(pass, NOW_S * 1000)).toBeUndefined();
    expect(await passes.verify(pass, NOW_S * 1000)).toEqual(claims);
    expect(passes.recall(pass, (NOW_S + 120) * 1000 - 1)).toEqual(claims);
    expect(passes.recall(pass, (NOW_S + 120) * 1000)).toBeUndefined();
    expect(passes.recall(pass, NOW_S * 1000)).toBeUndefined();
  });

  test.each<[string, Claims]>([
    ["for another host", { aud: "host-2" }],
    ["of another issuer", { iss: "host-1" }],
    ["with an unknown key id", { kid: "k2" }],
    ["that has expired beyond the clock's tolerance", { iat: NOW_S - 121, exp: NOW_S - 61 }],
    ["older than any pass, although its end is in the future", { iat: NOW_S - 121, exp: NOW_S + 3600 }],
    ["from the future", { iat: NOW_S + 61, exp: NOW_S + 121 }],
    ["for port 0", { payload: { port: 0 } }],
    ["for a port in text", { payload: { port: "3000" } }],
    ["without a generation", { payload: { gen: undefined } }],
    ["without an end", { payload: { until: undefined } }],
    ["without the claim about a link", { payload: { link: undefined } }],
    ["with a link that has no id", { payload: { link: { keyVersion: 0 } } }],
  ])("refuses a pass %s", async (_case, claims) => {
    const passes = createVerifier();
    const pass = await sign(claims);
    expect(await passes.verify(pass, NOW_S * 1000)).toEqual(REFUSED);
    expect(passes.recall(pass, NOW_S * 1000)).toBeUndefined();
  });

  test("refuses a pass signed with another key", async () => {
    expect(await createVerifier().verify(await sign({}, otherKeys.privateKey), NOW_S * 1000)).toEqual(
      REFUSED,
    );
  });

  test("refuses a pass with algorithm none", async () => {
    const unsigned = new UnsecuredJWT(PAYLOAD)
      .setIssuer("preview-edge")
      .setAudience("host-1")
      .setSubject(ID)
      .setIssuedAt(NOW_S)
      .setExpirationTime(NOW_S + 60)
      .encode();
    expect(await createVerifier().verify(unsigned, NOW_S * 1000)).toEqual(REFUSED);
  });

  test("refuses a valid pass that is longer than any of the edge's", async () => {
    const pass = await sign({ payload: { filler: "x".repeat(2048) } });
    expect(await createVerifier().verify(pass, NOW_S * 1000)).toEqual(REFUSED);
  });

  test.each([undefined, "", "x", "a.b.c", "..", "Bearer x"])("refuses %j", async (pass) => {
    expect(await createVerifier().verify(pass, NOW_S * 1000)).toEqual(REFUSED);
  });

  test("refuses a pass whose payload was changed", async () => {
    const [head, , mac] = (await sign()).split(".");
    const payload = Buffer.from(JSON.stringify({ ...PAYLOAD, port: 22, iss: "preview-edge" })).toString(
      "base64url",
    );
    expect(await createVerifier().verify(`${head}.${payload}.${mac}`, NOW_S * 1000)).toEqual(REFUSED);
  });
});
