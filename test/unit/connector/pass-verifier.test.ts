import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { createFindDestination } from "../../../connector/find-destination.ts";
import { GuestStore } from "../../../connector/guests/guest-store.ts";
import { GuestTable } from "../../../connector/guests/guest-table.ts";
import { createHostCallUpstream } from "../../../connector/host-calls/create-host-call-upstream.ts";
import { PassVerifier } from "../../../connector/pass-verifier.ts";
import type { RequestHead } from "../../../connector/relay/relay.ts";
import { Revocations } from "../../../connector/revocations.ts";
import { AGENT_PORT } from "../../../shared/port.ts";
import { guestOfferSchema } from "../../../shared/protocol/control-api.ts";
import type { RefusalCode } from "../../../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../../../shared/refusal/refusal.ts";

const NOW_S = 1_800_000_000;
const ID = "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";
const REFUSED = refuse("pass_invalid");
const LINK = { id: "0123456789abcdef0123456789abcdef", keyVersion: 3 };
const PAYLOAD = { port: 3000, gen: "1800000000000-aaaaaaaa", until: 0, link: null };
const HOST_CALLS = createHostCallUpstream("/nowhere.sock");

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;
let edge: Keys;
let stranger: Keys;
let keySet: ReturnType<typeof createLocalJWKSet>;

beforeAll(async () => {
  edge = await generateKeyPair("EdDSA", { extractable: true });
  stranger = await generateKeyPair("EdDSA");
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
  test("reads what the edge promises, and remembers it until it has expired everywhere", async () => {
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
    ["older than any pass, however long it says it lives", { iat: NOW_S - 121, exp: NOW_S + 3600 }],
    ["from the future", { iat: NOW_S + 61, exp: NOW_S + 121 }],
    ["for port 0", { payload: { port: 0 } }],
    ["for a port in text", { payload: { port: "3000" } }],
    ["without a generation", { payload: { gen: undefined } }],
    ["without an end", { payload: { until: undefined } }],
    ["that does not say whether a link led here", { payload: { link: undefined } }],
    ["that does not say which link led here", { payload: { link: { keyVersion: 0 } } }],
  ])("refuses a pass %s", async (_case, claims) => {
    const passes = createVerifier();
    const pass = await sign(claims);
    expect(await passes.verify(pass, NOW_S * 1000)).toEqual(REFUSED);
    expect(passes.recall(pass, NOW_S * 1000)).toBeUndefined();
  });

  test("refuses a pass signed with another key", async () => {
    expect(await createVerifier().verify(await sign({}, stranger.privateKey), NOW_S * 1000)).toEqual(REFUSED);
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

  test("refuses a valid pass that is longer than any the edge makes", async () => {
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

describe("createFindDestination()", () => {
  const nowS = Math.floor(Date.now() / 1000);

  /** A table filled without a disk: nothing here attaches. */
  async function createTable(ports: number[] = []): Promise<GuestTable> {
    const offer = guestOfferSchema.parse({ sandboxId: ID, workspace: "w", address: "10.0.0.2", ports });
    const record = { ...offer, generation: "1800000000000-aaaaaaaa" as const };
    const store = new GuestStore("/nonexistent");
    store.load = async () => ({ records: [record], quarantined: [] });
    const table = new GuestTable({ store, onPortsChange() {}, onDetach() {} });
    await table.load();
    return table;
  }

  async function find(
    payload: Record<string, unknown>,
    sub = ID,
    ports: number[] = [],
    revocations = new Revocations(),
  ) {
    const gen = "1800000000000-aaaaaaaa";
    const pass = await sign({ sub, iat: nowS, exp: nowS + 60, payload: { gen, ...payload } });
    const table = await createTable(ports);
    const findDestination = createFindDestination(createVerifier(), table, revocations, HOST_CALLS);
    const head = {
      pass,
      publicHost: "3000-x.example.com",
      proto: "http",
      clientIp: "192.0.2.1",
      requestId: "r-1",
    } as RequestHead;
    const first = await findDestination(head);
    const remembered = findDestination(head);
    expect(remembered, "a remembered pass is decided about at once").not.toBeInstanceOf(Promise);
    expect(remembered).toEqual(first);
    return first;
  }

  test("finds the guest's port, and what the edge said about the visitor", async () => {
    const destination = await find({ until: nowS + 600, link: LINK });
    if (isRefusal(destination)) throw new Error(destination.code);
    expect(destination).toMatchObject({
      publicHost: "3000-x.example.com",
      proto: "http",
      clientIp: "192.0.2.1",
      requestId: "r-1",
      link: LINK,
      expiresAtMs: (nowS + 600) * 1000,
    });
    expect(destination.upstream).toMatchObject({ port: 3000, headerPolicy: "local" });
    expect(destination.upstream.guest.sandboxId).toBe(ID);
  });

  test.each([
    ["guest_not_here", "another generation", { gen: "1800000000001-bbbbbbbb" }, ID, []],
    ["guest_not_here", "a sandbox that is not here", {}, "1f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b", []],
    ["port_reserved", "the agent's port", { port: AGENT_PORT }, ID, []],
    ["link_expired", "a grant that is over", { until: nowS - 1 }, ID, []],
    [
      "port_limit",
      "the 33rd port",
      { port: 9000 },
      ID,
      Array.from({ length: 32 }, (_, index) => 4000 + index),
    ],
  ])("refuses with %s %s", async (code, _case, payload, sub, ports) => {
    expect(await find(payload, sub, ports)).toEqual(refuse(code as RefusalCode));
  });

  test("finds one of 32 ports that are open already", async () => {
    const ports = Array.from({ length: 32 }, (_, index) => 4000 + index);
    expect(isRefusal(await find({ port: 4031 }, ID, ports))).toBe(false);
  });

  test.each([
    ["a link that was withdrawn", { sandboxId: ID, links: [LINK.id] }, "link_revoked"],
    ["a link whose key version was cut", { sandboxId: ID, links: [], keyVersions: [4] }, "link_revoked"],
    ["another link", { sandboxId: ID, links: ["f".repeat(32)] }, undefined],
    ["a link whose key version holds", { sandboxId: ID, links: [], keyVersions: [3, 4] }, undefined],
    [
      "a link of another sandbox whose keys were cut",
      { sandboxId: "1f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b", links: [], keyVersions: [] },
      undefined,
    ],
  ])("after a revocation decides about %s", async (_case, revocation, code) => {
    const revocations = new Revocations();
    revocations.add(revocation, nowS * 1000);
    const found = await find({ link: LINK }, ID, [], revocations);
    expect(isRefusal(found) ? found.code : undefined).toBe(code);
    expect(isRefusal(await find({}, ID, [], revocations)), "the public hostname goes on").toBe(false);
  });

  test("leads a pass for the host to the host", async () => {
    expect(await find({}, "host")).toMatchObject({ upstream: HOST_CALLS });
  });

  test("refuses a request without a pass", async () => {
    const table = await createTable();
    const findDestination = createFindDestination(createVerifier(), table, new Revocations(), HOST_CALLS);
    expect(await findDestination({ publicHost: "x" } as RequestHead)).toEqual(REFUSED);
  });
});
