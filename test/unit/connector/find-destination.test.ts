import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalJWKSet, exportJWK, generateKeyPair } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { AccessChanges } from "../../../connector/access/access-changes.ts";
import { createFindDestination } from "../../../connector/find-destination.ts";
import { GuestStore } from "../../../connector/guests/guest-store.ts";
import { GuestTable } from "../../../connector/guests/guest-table.ts";
import { createHostCallUpstream } from "../../../connector/host-calls/create-host-call-upstream.ts";
import { PassVerifier } from "../../../connector/pass-verifier.ts";
import type { Destination, RequestHead } from "../../../connector/relay/relay.ts";
import { Revocations } from "../../../connector/revocations.ts";
import { AGENT_PORT } from "../../../shared/port.ts";
import { guestOfferSchema } from "../../../shared/protocol/control-api.ts";
import type { Pass, PassSigning, SandboxPass } from "../../../shared/protocol/pass.ts";
import { PASS_MAX_ACCEPTANCE_MS, signPass } from "../../../shared/protocol/pass.ts";
import type { RefusalCode } from "../../../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../../../shared/refusal/refusal.ts";

const NOW_S = Math.floor(Date.now() / 1000);
const ID = "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";
const OTHER_ID = "1f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";
const LINK = { id: "0123456789abcdef0123456789abcdef", keyVersion: 3 };
const HOST_CALLS = createHostCallUpstream("/nowhere.sock");
const PASS: SandboxPass = {
  kind: "sandbox",
  sandboxId: ID,
  port: 3000,
  generation: "1800000000000-aaaaaaaa",
  expiresAtMs: undefined,
  link: undefined,
};

let keySet: ReturnType<typeof createLocalJWKSet>;
let signing: PassSigning;

beforeAll(async () => {
  const { privateKey, publicKey } = await generateKeyPair("EdDSA");
  keySet = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), kid: "k1", alg: "EdDSA" }] });
  signing = { hostId: "host-1", keyId: "k1", privateKey };
});

/** A table filled without a disk: nothing here attaches. */
async function createTable(ports: number[] = []): Promise<GuestTable> {
  const offer = guestOfferSchema.parse({ sandboxId: ID, workspace: "w", address: "10.0.0.2", ports });
  const record = { ...offer, generation: PASS.generation };
  const store = new GuestStore("/nonexistent");
  store.load = async () => ({ records: [record], quarantined: [] });
  const table = new GuestTable({ store, onPortsChange() {}, onDetach() {} });
  await table.load();
  return table;
}

function create(table: GuestTable, revocations = new Revocations(), accessChanges = new AccessChanges()) {
  const passes = new PassVerifier("host-1", keySet);
  return createFindDestination(passes, table, revocations, accessChanges, HOST_CALLS);
}

async function find(
  pass: Pass,
  ports: number[] = [],
  revocations = new Revocations(),
  accessChanges = new AccessChanges(),
) {
  const findDestination = create(await createTable(ports), revocations, accessChanges);
  const head = {
    pass: await signPass(pass, signing, NOW_S * 1000),
    publicHost: "3000-x.example.com",
    proto: "http",
    clientIp: "192.0.2.1",
    requestId: "r-1",
  } as RequestHead;
  const first = await findDestination(head);
  const remembered = findDestination(head);
  expect(remembered, "the result for a remembered pass comes at once").not.toBeInstanceOf(Promise);
  expect(remembered).toEqual(first);
  return first;
}

describe("createFindDestination()", () => {
  test("passes on which origins may embed a link", async () => {
    const embed = ["https://app.example.org"];
    expect(await find({ ...PASS, link: LINK, embed })).toMatchObject({ embed });
    expect(await find({ ...PASS, link: LINK })).toMatchObject({ embed: undefined });
  });

  test("keeps a pass from loopback that was signed before that was closed a moment ago", async () => {
    const change = { sandboxId: ID, access: "public", except: [] } as const;
    const table = await createTable([3000]);
    const accessChanges = new AccessChanges();
    const findDestination = create(table, new Revocations(), accessChanges);
    const pass = { ...PASS, terms: { hostPolicy: "public" } } as const;
    const head = { pass: await signPass(pass, signing, NOW_S * 1000) } as RequestHead;
    const upstreamOf = async () => ((await findDestination(head)) as Destination).upstream;
    const open = table.find(ID)?.findUpstream(3000, pass.terms);
    const closed = table.find(ID)?.findUpstream(3000, { ...pass.terms, loopback: "off" });
    expect(open).not.toBe(closed);
    expect(await upstreamOf()).toBe(open);
    accessChanges.add({ ...change, revision: 1, loopback: "off" }, Date.now());
    expect(await upstreamOf()).toBe(closed);
    accessChanges.add({ ...change, revision: 2, loopback: "on" }, Date.now());
    expect(await upstreamOf()).toBe(open);
  });

  test("finds the guest's port, and passes on the fields that the edge has set", async () => {
    const expiresAtMs = (NOW_S + 600) * 1000;
    const destination = await find({ ...PASS, expiresAtMs, link: LINK });
    if (isRefusal(destination)) throw new Error(destination.code);
    expect(destination).toMatchObject({
      publicHost: "3000-x.example.com",
      proto: "http",
      clientIp: "192.0.2.1",
      requestId: "r-1",
      link: LINK,
      expiresAtMs,
    });
    expect(destination.upstream).toMatchObject({ port: 3000, headerPolicy: "local" });
    expect(destination.upstream.guest.sandboxId).toBe(ID);
  });

  test.each<[RefusalCode, string, Partial<SandboxPass>, number[]]>([
    ["guest_not_here", "another generation", { generation: "1800000000001-bbbbbbbb" }, []],
    ["guest_not_here", "a sandbox that is not here", { sandboxId: OTHER_ID }, []],
    ["port_reserved", "the agent's port", { port: AGENT_PORT }, []],
    ["link_expired", "a grant that is over", { expiresAtMs: (NOW_S - 1) * 1000 }, []],
    ["port_limit", "the 33rd port", { port: 9000 }, Array.from({ length: 32 }, (_, index) => 4000 + index)],
  ])("refuses with %s %s", async (code, _case, change, ports) => {
    expect(await find({ ...PASS, ...change }, ports)).toEqual(refuse(code));
  });

  test("finds one of 32 ports that are open already", async () => {
    const ports = Array.from({ length: 32 }, (_, index) => 4000 + index);
    expect(isRefusal(await find({ ...PASS, port: 4031 }, ports))).toBe(false);
  });

  test.each([
    ["a link that was revoked", { sandboxId: ID, links: [LINK.id] }, "link_revoked"],
    ["a link whose key version was revoked", { sandboxId: ID, links: [], keyVersions: [4] }, "link_revoked"],
    ["another link", { sandboxId: ID, links: ["f".repeat(32)] }, undefined],
    ["a link whose key version holds", { sandboxId: ID, links: [], keyVersions: [3, 4] }, undefined],
    [
      "a link of another sandbox whose keys were revoked",
      { sandboxId: OTHER_ID, links: [], keyVersions: [] },
      undefined,
    ],
  ])("after a revocation decides about %s", async (_case, revocation, code) => {
    const revocations = new Revocations();
    revocations.add(revocation, NOW_S * 1000);
    const found = await find({ ...PASS, link: LINK }, [], revocations);
    expect(isRefusal(found) ? found.code : undefined).toBe(code);
    expect(isRefusal(await find(PASS, [], revocations)), "the public hostname stays open").toBe(false);
  });

  test.each([
    ["with a link", LINK],
    ["by the public hostname", undefined],
  ])("refuses a request %s to a sandbox that was suspended a moment ago", async (_case, link) => {
    const revocations = new Revocations();
    revocations.add({ sandboxId: ID, links: [], all: true }, NOW_S * 1000);
    expect(await find({ ...PASS, link }, [], revocations)).toEqual(refuse("suspended"));
    revocations.add({ sandboxId: OTHER_ID, links: [], all: true }, NOW_S * 1000);
    revocations.add({ sandboxId: ID, links: [], all: false }, NOW_S * 1000);
    expect(isRefusal(await find({ ...PASS, link }, [], revocations)), "no more suspended").toBe(false);
  });

  test("admits again once no pass from before a suspension can be accepted, without a call that lifts it", () => {
    const revocations = new Revocations();
    revocations.add({ sandboxId: ID, links: [], all: true }, 0);
    expect(revocations.isSuspended(ID, PASS_MAX_ACCEPTANCE_MS - 1)).toBe(true);
    expect(revocations.isSuspended(ID, PASS_MAX_ACCEPTANCE_MS)).toBe(false);
  });

  test("leads a pass for the host to the host", async () => {
    expect(await find({ kind: "host" })).toMatchObject({ upstream: HOST_CALLS });
  });

  test.each([
    ["is attached", undefined, undefined],
    ["is refused", new Error("no"), "guest_not_here"],
  ])(
    "lets a request for a generation whose attach is under way wait until it %s",
    async (_what, failure, code) => {
      const directory = await mkdtemp(join(tmpdir(), "find-destination-"));
      const table = new GuestTable({ store: new GuestStore(directory), onPortsChange() {}, onDetach() {} });
      const offer = guestOfferSchema.parse({ sandboxId: ID, workspace: "w", address: "10.0.0.2" });
      const passes = new PassVerifier("host-1", keySet);
      const changes = new AccessChanges();
      const findDestination = createFindDestination(passes, table, new Revocations(), changes, HOST_CALLS);
      let found: ReturnType<typeof findDestination> | undefined;
      const attaching = table.attach(offer, Date.now(), async ({ generation }) => {
        const pass = await signPass({ ...PASS, generation }, signing, NOW_S * 1000);
        await passes.verify(pass, NOW_S * 1000);
        found = findDestination({ pass, publicHost: "x" } as RequestHead);
        expect(found, "not refused at once").toBeInstanceOf(Promise);
        if (failure !== undefined) throw failure;
      });
      await attaching.catch(() => {});
      const destination = await found;
      expect(isRefusal(destination) ? destination.code : undefined).toBe(code);
      await rm(directory, { recursive: true });
    },
  );

  test("refuses a request without a pass", async () => {
    const findDestination = create(await createTable());
    expect(await findDestination({ publicHost: "x" } as RequestHead)).toEqual(refuse("pass_invalid"));
  });
});
