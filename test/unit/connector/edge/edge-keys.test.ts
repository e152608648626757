import { mkdtemp, rm } from "node:fs/promises";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JWK } from "jose";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { EdgeKeys, KEYS_COOLDOWN_MS } from "../../../../connector/edge/edge-keys.ts";
import { KeysFile } from "../../../../connector/edge/keys-file.ts";
import { PassVerifier } from "../../../../connector/pass-verifier.ts";
import { isRefusal } from "../../../../shared/refusal/refusal.ts";

const NOW_MS = 1_800_000_000_000;

let published: JWK[];
let fetches: number;
let server: http.Server;
let directory: string;
let keys: EdgeKeys;
let passes: PassVerifier;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(NOW_MS);
  published = [];
  fetches = 0;
  server = http.createServer((_request, response) => {
    fetches++;
    response.setHeader("content-type", "application/json").end(JSON.stringify({ keys: published }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  directory = await mkdtemp(join(tmpdir(), "edge-keys-"));
  const { port } = server.address() as AddressInfo;
  const file = new KeysFile(join(directory, "edge-keys.json"));
  keys = new EdgeKeys(`http://127.0.0.1:${port}`, file, pino({ level: "silent" }));
  passes = new PassVerifier("host-1", keys.find);
});

afterEach(async () => {
  await keys.stop();
  vi.useRealTimers();
  server.closeAllConnections();
  server.close();
  await rm(directory, { recursive: true });
});

async function createKey(kid: string): Promise<{ jwk: JWK; isAccepted(): Promise<boolean> }> {
  const { privateKey, publicKey } = await generateKeyPair("EdDSA");
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: "EdDSA", use: "sig" };
  const isAccepted = async (): Promise<boolean> => {
    const nowMs = Date.now();
    const pass = await new SignJWT({ port: 80, gen: "1800000000000-aaaaaaaa", until: 0, link: null })
      .setProtectedHeader({ alg: "EdDSA", kid })
      .setIssuer("preview-edge")
      .setAudience("host-1")
      .setSubject(crypto.randomUUID())
      .setIssuedAt(Math.floor(nowMs / 1000))
      .setExpirationTime(Math.floor(nowMs / 1000) + 60)
      .sign(privateKey);
    return !isRefusal(await passes.verify(pass, nowMs));
  };
  return { jwk, isAccepted };
}

describe("EdgeKeys", () => {
  test("finds a key that the edge changed without notice, some seconds after the last fetch", async () => {
    const former = await createKey("a");
    const next = await createKey("b");
    published = [former.jwk];
    expect(await former.isAccepted()).toBe(true);
    published = [next.jwk];
    expect(await next.isAccepted()).toBe(false);
    vi.setSystemTime(NOW_MS + KEYS_COOLDOWN_MS);
    expect(await next.isAccepted()).toBe(true);
    expect(await former.isAccepted()).toBe(false);
    expect(fetches).toBe(2);
  });

  test("has no pass wait for a disk that does not end a write", async () => {
    const [former, next] = [await createKey("a"), await createKey("b")];
    const stuck = Object.assign(new KeysFile(""), { write: () => new Promise<void>(() => {}) });
    const { port } = server.address() as AddressInfo;
    const unkept = new EdgeKeys(`http://127.0.0.1:${port}`, stuck, pino({ level: "silent" }));
    passes = new PassVerifier("host-1", unkept.find);
    published = [former.jwk];
    expect(await former.isAccepted()).toBe(true);
    published = [next.jwk];
    vi.setSystemTime(NOW_MS + KEYS_COOLDOWN_MS);
    expect(await next.isAccepted()).toBe(true);
    expect(fetches).toBe(2);
  });

  test("refuses no pass while keys are rotated one after the other", async () => {
    const former = await createKey("a");
    const next = await createKey("b");
    published = [former.jwk, next.jwk];
    for (const key of [former, next, former]) expect(await key.isAccepted()).toBe(true);
    published = [next.jwk, former.jwk];
    vi.setSystemTime(NOW_MS + 600_000);
    for (const key of [former, next]) expect(await key.isAccepted()).toBe(true);
  });

  test("fetches at most once in some seconds for passes with unknown keys", async () => {
    const unknown = await createKey("x");
    published = [(await createKey("a")).jwk];
    for (let count = 0; count < 20; count++) {
      vi.setSystemTime(NOW_MS + count * 500);
      expect(await unknown.isAccepted()).toBe(false);
    }
    expect(fetches).toBe(1 + Math.floor(9_500 / KEYS_COOLDOWN_MS));
  });
});
