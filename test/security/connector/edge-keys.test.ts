import { mkdtemp, rm } from "node:fs/promises";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import type { JWK } from "jose";
import { exportJWK, generateKeyPair } from "jose";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { parseConfig } from "../../../connector/config.ts";
import type { Connector } from "../../../connector/connector.ts";
import { startConnector } from "../../../connector/connector.ts";
import { EdgeKeys, KEYS_COOLDOWN_MS, KEYS_MAX_AGE_MS } from "../../../connector/edge/edge-keys.ts";
import { createHostKey } from "../../../connector/edge/host-key.ts";
import { KeysFile } from "../../../connector/edge/keys-file.ts";
import { PassVerifier } from "../../../connector/pass-verifier.ts";
import { USER_AGENT } from "../../../connector/user-agent.ts";
import { ERROR_HEADER, PASS_HEADER } from "../../../shared/protocol/headers.ts";
import { signPass } from "../../../shared/protocol/pass.ts";
import { isRefusal } from "../../../shared/refusal/refusal.ts";

const HOST_ID = "host-1";
const HOUR_MS = 3_600_000;

let directory: string;
let server: http.Server;
let api: string;
/** What the edge responds with; `undefined`: it resets the connection. */
let published: { status: number; text: string } | undefined;
let fetches: { agent: string | undefined }[];
let log: pino.Logger;
let lines: string[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "edge-keys-"));
  fetches = [];
  lines = [];
  log = pino(
    new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk));
        done();
      },
    }),
  );
  server = http.createServer((request, response) => {
    fetches.push({ agent: request.headers["user-agent"] });
    if (published === undefined) request.socket.destroy();
    else response.writeHead(published.status).end(published.text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  vi.useRealTimers();
  server.closeAllConnections();
  server.close();
  await rm(directory, { recursive: true });
});

interface SigningKey {
  readonly jwk: JWK;
  signPass(): Promise<string>;
}

async function createKey(kid: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair("EdDSA");
  const signing = { hostId: HOST_ID, keyId: kid, privateKey };
  return {
    jwk: { ...(await exportJWK(publicKey)), kid, alg: "EdDSA", use: "sig" },
    signPass: () => signPass({ kind: "host" }, signing, Date.now()),
  };
}

function publish(...keys: SigningKey[]): void {
  published = { status: 200, text: JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }) };
}

async function createKeys(): Promise<EdgeKeys> {
  const keys = new EdgeKeys(api, new KeysFile(join(directory, "edge-keys.json")), log);
  await keys.start();
  return keys;
}

/** @returns `accepted`, or the refusal's code */
async function verify(keys: EdgeKeys, pass: string): Promise<string> {
  const verified = await new PassVerifier(HOST_ID, keys.find).verify(pass, Date.now());
  return isRefusal(verified) ? verified.code : "accepted";
}

describe("3.7: the keys of an edge that cannot be reached", () => {
  const outages = [
    ["resets connections", undefined],
    ["is behind a rule against bots", { status: 403, text: "<html>" }],
    ["responds with something else", { status: 200, text: "<html>" }],
    ["responds with JSON that holds no keys", { status: 200, text: "{}" }],
  ] as const;

  test.each(outages)(
    "are used for 24 h where it %s, and then passes get a 503 that may be repeated",
    async (_what, outage) => {
      vi.useFakeTimers({ toFake: ["Date"] });
      const key = await createKey("k1");
      publish(key);
      const keys = await createKeys();
      expect(await verify(keys, await key.signPass())).toBe("accepted");
      const startMs = keys.status().fetchedAtMs ?? 0;
      published = outage;
      for (const hours of [1, 12, 23.9]) {
        vi.setSystemTime(startMs + hours * HOUR_MS);
        expect(await verify(keys, await key.signPass()), `after ${hours} h`).toBe("accepted");
      }
      vi.setSystemTime(startMs + KEYS_MAX_AGE_MS);
      expect(await verify(keys, await key.signPass())).toBe("edge_unavailable");
      publish(key);
      vi.setSystemTime(startMs + KEYS_MAX_AGE_MS + KEYS_COOLDOWN_MS);
      expect(await verify(keys, await key.signPass()), "the edge is back").toBe("accepted");
      await keys.stop();
    },
  );

  test("are there after a cold start, which the log and the status say", async () => {
    const key = await createKey("k1");
    publish(key);
    const before = await createKeys();
    await vi.waitFor(() => expect(before.status().fetchedAtMs).toBeDefined());
    await before.stop();

    published = undefined;
    const keys = await createKeys();
    expect(await verify(keys, await key.signPass())).toBe("accepted");
    await vi.waitFor(() => expect(lines.join("")).toContain("the last good ones are used"));
    expect(keys.status()).toEqual({
      fetchedAtMs: before.status().fetchedAtMs,
      usableUntilMs: before.status().usableUntilMs,
      failure: expect.stringContaining("has not responded with its keys"),
    });
    await keys.stop();
  });

  test("are missing for a pass with a new key: 503, and 403 where the edge says that there is no such key", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const known = await createKey("k1");
    const unknown = await createKey("k2");
    publish(known);
    const keys = await createKeys();
    expect(await verify(keys, await known.signPass())).toBe("accepted");
    vi.setSystemTime(Date.now() + KEYS_COOLDOWN_MS);
    expect(await verify(keys, await unknown.signPass())).toBe("pass_invalid");
    published = undefined;
    vi.setSystemTime(Date.now() + KEYS_COOLDOWN_MS);
    expect(await verify(keys, await unknown.signPass())).toBe("edge_unavailable");
    expect(await verify(keys, await known.signPass()), "meanwhile").toBe("accepted");
    expect(fetches).toEqual(Array(3).fill({ agent: USER_AGENT }));
    await keys.stop();
  });

  test("are fetched at most every 3 s, however many forged passes come while that fails", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    published = undefined;
    const forged = await createKey("x");
    const keys = await createKeys();
    const startMs = Date.now();
    for (let count = 0; count < 30; count++) {
      vi.setSystemTime(startMs + count * 300);
      expect(await verify(keys, await forged.signPass())).toBe("edge_unavailable");
    }
    expect(fetches.length).toBeLessThanOrEqual(1 + Math.ceil(9_000 / KEYS_COOLDOWN_MS));
    await keys.stop();
  });

  test("are dropped on disk where they are older than a day, or from the future, or damaged", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const key = await createKey("k1");
    const file = new KeysFile(join(directory, "edge-keys.json"));
    const nowMs = Date.now();
    published = undefined;
    await file.write({ fetchedAtMs: nowMs - KEYS_MAX_AGE_MS, jwks: { keys: [key.jwk] } });
    const old = await createKeys();
    expect(await verify(old, await key.signPass())).toBe("edge_unavailable");
    await old.stop();
    await file.write({ fetchedAtMs: nowMs + 365 * 24 * HOUR_MS, jwks: { keys: [key.jwk] } });
    expect((await file.read())?.fetchedAtMs).toBe(nowMs);
    await file.write({ fetchedAtMs: nowMs, jwks: {} as never });
    expect(await file.read()).toBeUndefined();
  });
});

describe("5.3: a connector whose edge cannot be reached", () => {
  let connector: Connector | undefined;

  afterEach(() => connector?.destroy());

  /** As the edge's probe: a call to the host itself, which needs a pass as each request does. */
  async function start(state: string): Promise<(pass: string) => Promise<http.IncomingMessage>> {
    const stateDirectory = join(directory, state);
    const config = parseConfig({
      hostId: HOST_ID,
      api,
      origin: "http://127.0.0.1:1",
      listen: { host: "127.0.0.1", port: 0 },
      keyFile: join(directory, "host-key.json"),
      stateDirectory,
      controlSocket: join(stateDirectory, "control.sock"),
    });
    connector = await startConnector(config, log);
    const { port } = connector;
    return (pass) =>
      new Promise((resolve, reject) => {
        const headers = { host: "h", [PASS_HEADER]: pass };
        const request = http.get(
          { port, host: "127.0.0.1", path: "/health", headers, agent: false },
          resolve,
        );
        request.on("error", reject);
      });
  }

  test("serves after a cold start with the keys that it has kept, and says 503 without any", async () => {
    await createHostKey(join(directory, "host-key.json"));
    const key = await createKey("k1");
    publish(key);
    const visit = await start("state");
    expect((await visit(await key.signPass())).statusCode).toBe(200);
    const file = new KeysFile(join(directory, "state", "edge-keys.json"));
    await vi.waitFor(async () => expect(await file.read()).toBeDefined());
    connector?.destroy();

    published = undefined;
    const visitAgain = await start("state");
    expect((await visitAgain(await key.signPass())).statusCode).toBe(200);
    connector?.destroy();

    const visitWithoutKeys = await start("empty");
    const { statusCode, headers } = await visitWithoutKeys(await key.signPass());
    expect([statusCode, headers[ERROR_HEADER], headers["retry-after"]]).toEqual([
      503,
      "edge_unavailable",
      "5",
    ]);
  });
});
