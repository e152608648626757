import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Config } from "../../../../connector/config.ts";
import { parseConfig, readConfig } from "../../../../connector/config.ts";
import { EnrollError, enrollHost } from "../../../../connector/edge/enroll-host.ts";

const ENROLMENT = { token: "pve_token", replace: false };

let directory: string;
let server: http.Server;
let calls: Record<"method" | "url" | "token" | "body", unknown>[];
let refusal: { status: number; text: string } | undefined;
let config: Config;
let configFile: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "enroll-"));
  calls = [];
  refusal = undefined;
  server = http.createServer(async (request, response) => {
    const { method, url, headers } = request;
    calls.push({ method, url, token: headers.authorization, body: await json(request) });
    response.writeHead(refusal?.status ?? 200).end(refusal?.text ?? "{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  configFile = join(directory, "etc", "config.json");
  config = parseConfig({
    hostId: "host-1",
    api: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    origin: "https://host-1.example.net:8443",
    listen: { port: 8443 },
    keyFile: join(directory, "state", "host-key.json"),
    stateDirectory: join(directory, "state"),
    controlSocket: join(directory, "control.sock"),
  });
});

afterEach(async () => {
  server.close();
  await rm(directory, { recursive: true });
});

async function readKey(): Promise<{ x: string; d: string }> {
  return JSON.parse(await readFile(config.keyFile, "utf8"));
}

describe("enrollHost()", () => {
  test("registers the public part of a new key only, and writes the configuration", async () => {
    await enrollHost(config, ENROLMENT, configFile);
    const { x, d } = await readKey();
    expect(calls).toEqual([
      {
        method: "PUT",
        url: "/v1/hosts/host-1",
        token: "Bearer pve_token",
        body: {
          origin: "https://host-1.example.net:8443",
          public_key: { kty: "OKP", crv: "Ed25519", x },
          launches: false,
          replace: false,
        },
      },
    ]);
    expect(d).toMatch(/^[\w-]{43}$/);
    expect((await stat(config.keyFile)).mode & 0o777).toBe(0o600);
    expect(await readConfig(configFile)).toEqual(config);
  });

  test("keeps the key of a host that was enrolled before", async () => {
    await enrollHost(config, ENROLMENT, configFile);
    const before = await readKey();
    await enrollHost(config, ENROLMENT, configFile);
    expect(await readKey()).toEqual(before);
    expect(calls[1]).toEqual(calls[0]);
  });

  test.each([
    [`{"detail":"There is no such admin."}`, "the edge answered 401: There is no such admin."],
    ["<html>", "the edge answered 401: Unauthorized"],
  ])("throws EnrollError for a refusal with %s, and writes no configuration", async (text, message) => {
    refusal = { status: 401, text };
    const enrolling = enrollHost(config, ENROLMENT, configFile);
    await expect(enrolling).rejects.toThrow(new EnrollError(message));
    await expect(readFile(configFile)).rejects.toThrow("ENOENT");
  });
});
