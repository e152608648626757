import { createExecutionContext } from "cloudflare:test";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Environment } from "../../../worker/environment.ts";
import worker from "../../../worker/main.ts";
import { createTokenSecret } from "../../../worker/policy/token-secret.ts";
import {
  API,
  countingIsolate,
  createGeneration,
  Deployment,
  fetchEdge,
  freshIsolate,
} from "../../worker/deployment.ts";

const IP = "192.0.2.7";

afterEach(() => {
  vi.restoreAllMocks();
});

/** An isolate that pauses a client after so many misses, and counts its reads of KV. */
function limitedIsolate(most: number): { isolate: Environment; calls: string[] } {
  const { isolate, calls } = countingIsolate();
  let misses = 0;
  const MISS_LIMIT = { limit: async () => ({ success: ++misses <= most }) } as RateLimit;
  return { isolate: { ...isolate, MISS_LIMIT }, calls };
}

const list = (token: string, isolate: Environment, clientIp = IP) =>
  fetchEdge(`${API}/v1/sandboxes`, { token, headers: { "cf-connecting-ip": clientIp } }, isolate);

/** The same secret with one character changed. */
function mistype(secret: string, at: number): string {
  const wrong = secret.charAt(at) === "A" ? "B" : "A";
  return secret.slice(0, at) + wrong + secret.slice(at + 1);
}

describe("2.4 a random bearer token", () => {
  const secret = createTokenSecret("workspace");
  test.each([
    ["without our form", "AAAA"],
    ["of the form of former tokens", secret.slice(0, -6)],
    ["with a wrong checksum", mistype(secret, secret.length - 1)],
    ["with a mistyped character", mistype(secret, 20)],
    ["with another prefix", secret.replace("pvw_", "pvo_")],
    ["that is an enrolment token", createTokenSecret("enrolment")],
  ])("costs no KV read and no object call: %s", async (_case, token) => {
    const { isolate, calls } = countingIsolate();
    expect((await list(token, isolate)).status).toBe(401);
    expect(calls).toEqual([]);
    const { id } = await (await Deployment.create()).attachSandbox();
    calls.length = 0;
    const headers = { "preview-timing-token": token };
    await fetchEdge(`https://80-${id}.example.com/`, { headers }, isolate);
    expect(calls, "as a timing token").toEqual(["SANDBOX.getByName"]);
  });

  test("with a right checksum counts as a miss of its client, which is then paused without a KV read", async () => {
    const { isolate, calls } = limitedIsolate(3);
    for (let count = 0; count < 4; count++)
      expect((await list(createTokenSecret("workspace"), isolate)).status).toBe(401);
    calls.length = 0;
    const paused = await list(createTokenSecret("workspace"), isolate);
    expect(paused.status).toBe(429);
    expect(calls).toEqual([]);
    expect((await list(createTokenSecret("workspace"), isolate, "192.0.2.8")).status, "another client").toBe(
      401,
    );
  });

  test("does not keep a caller with a known token, who shares the address, from calling", async () => {
    const deployment = await Deployment.create();
    const { isolate } = limitedIsolate(1);
    expect((await list(deployment.token, isolate)).status).toBe(200);
    for (let count = 0; count < 3; count++) await list(createTokenSecret("org"), isolate);
    expect((await list(createTokenSecret("org"), isolate)).status).toBe(429);
    expect((await list(deployment.token, isolate)).status).toBe(200);
  });

  test("is counted also where the client resets the connection during the look-up", async () => {
    const context = createExecutionContext();
    const waits: Promise<unknown>[] = [];
    vi.spyOn(context, "waitUntil").mockImplementation((promise) => void waits.push(promise));
    const reading = Promise.withResolvers<null>();
    let counted = 0;
    const isolate = freshIsolate({
      POLICY: { get: () => reading.promise } as unknown as KVNamespace,
      MISS_LIMIT: { limit: async () => ({ success: ++counted > 0 }) } as RateLimit,
    });
    const headers = { authorization: `Bearer ${createTokenSecret("workspace")}`, "cf-connecting-ip": IP };
    const request = new Request(`${API}/v1/sandboxes`, { headers });
    void worker.fetch(request as Parameters<typeof worker.fetch>[0], isolate, context);
    await expect.poll(() => waits.length).toBeGreaterThan(0);
    reading.resolve(null);
    await Promise.all(waits);
    expect(counted).toBe(1);
  });

  test("of a host that does not exist is counted also where the client resets the connection", async () => {
    const { host } = await Deployment.create();
    const context = createExecutionContext();
    const waits: Promise<unknown>[] = [];
    vi.spyOn(context, "waitUntil").mockImplementation((promise) => void waits.push(promise));
    const reading = Promise.withResolvers<undefined>();
    let counted = 0;
    const isolate = freshIsolate({
      HOST: { getByName: () => ({ read: () => reading.promise }) } as unknown as Environment["HOST"],
      MISS_LIMIT: { limit: async () => ({ success: ++counted > 0 }) } as RateLimit,
    });
    const headers = { authorization: `Bearer ${await host.sign("unknown")}`, "cf-connecting-ip": IP };
    const request = new Request(`${API}/v1/hosts/unknown/detach`, {
      method: "POST",
      headers,
      body: JSON.stringify({ sandbox_id: crypto.randomUUID(), generation: createGeneration() }),
    });
    void worker.fetch(request as Parameters<typeof worker.fetch>[0], isolate, context);
    await expect.poll(() => waits.length).toBeGreaterThan(0);
    reading.resolve(undefined);
    await Promise.all(waits);
    expect(counted).toBe(1);
  });
});
