import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findProcessesWith } from "../support/find-processes-with.ts";
import type { GuestApp } from "../support/guest-app.ts";
import { blockOfBytes, hashOfBytes, startGuestApp } from "../support/guest-app.ts";
import { RunningSystem } from "../support/running-system.ts";

const HOST = "127.78.1.1";
const PORT = 3000;

let guest: GuestApp;
let system: RunningSystem;

beforeAll(async () => {
  guest = await startGuestApp(HOST, PORT);
  system = await RunningSystem.start([guest]);
});

afterAll(async () => {
  await system?.stop();
  await guest?.close();
});

/** Both lead to the same app. */
const urls = [
  ["public URL", () => system.description.previewUrl],
  ["signed link", () => system.description.link.url],
] as const;

describe.each(urls)("a %s", (_name, url) => {
  test("carries target, method and body to the app as they are", async () => {
    const target = "/echo/..%2Fa/%5Bslug%5D;v=1?x=1+2&y=%20";
    const response = await system.visit(`${url()}/echo?x=1+2&y=%20%2F`, { method: "POST", body: "héllo" });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("héllo");
    expect(guest.seen.at(-1)).toMatchObject({ method: "POST", url: "/echo?x=1+2&y=%20%2F" });
    await (await system.visit(url() + target)).text();
    expect(guest.seen.at(-1)?.url).toBe(target);
  });

  test("shows the app localhost, and none of our fields", async () => {
    await (
      await system.visit(`${url()}/`, { headers: { "preview-pass": "forged", "x-forwarded-host": "evil" } })
    ).text();
    const headers = guest.seen.at(-1)?.headers ?? {};
    expect(headers.host).toBe(`localhost:${PORT}`);
    expect(Object.keys(headers).filter((name) => /^(preview-|x-forwarded-host|cf-)/.test(name))).toEqual([]);
  });

  test("echoes a WebSocket's text and binary, with the app's choice of subprotocol", async () => {
    const socket = system.openWebSocket(`${url()}/socket`, ["one", "two"]);
    const echoes: unknown[] = [];
    await new Promise<void>((resolve, reject) => {
      socket.on("error", reject);
      socket.on("open", () => {
        socket.send("text");
        socket.send(Buffer.from([0, 255, 1]));
      });
      socket.on("message", (data, isBinary) => {
        echoes.push(isBinary ? [...(data as Buffer)] : String(data));
        if (echoes.length === 2) resolve();
      });
    });
    expect(socket.protocol).toBe("two");
    expect(echoes).toEqual(["text", [0, 255, 1]]);
    socket.close();
  });

  test("delivers an event within 100 ms of its writing", async () => {
    const response = await system.visit(`${url()}/events`);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const reader = response.body!.getReader();
    const delaysMs: number[] = [];
    for (let index = 0; index < 5; index++) {
      const writtenAt = performance.now();
      guest.sendEvent(String(index));
      expect(Buffer.from((await reader.read()).value!).toString()).toBe(`data: ${index}\n\n`);
      delaysMs.push(performance.now() - writtenAt);
    }
    await reader.cancel();
    expect(Math.min(...delaysMs)).toBeLessThan(100);
  });
});

test("a 50 MB upload arrives whole", async () => {
  const mib = 50;
  const body = Readable.from(
    (function* () {
      for (let index = 0; index < mib; index++) yield blockOfBytes();
    })(),
  );
  const response = await system.visit(`${system.description.previewUrl}/hash`, {
    method: "POST",
    body: Readable.toWeb(body) as never,
    duplex: "half",
  });
  expect(await response.text()).toBe(hashOfBytes(mib));
});

test("a 200 MB download arrives whole", async () => {
  const mib = 200;
  const response = await system.visit(`${system.description.previewUrl}/bytes?mib=${mib}`);
  const hash = createHash("sha256");
  for await (const chunk of response.body!) hash.update(chunk);
  expect(hash.digest("hex")).toBe(hashOfBytes(mib));
});

test("the refusal of a closed port names the open ones, in HTML to a person and in JSON to a script", async () => {
  const url = system.urlOf(system.description.sandboxId, 3999);
  const page = await system.navigate(`${url}/`);
  expect([page.status, page.headers["preview-error"]]).toEqual([502, "port_closed"]);
  expect(page.text).toContain(`//${PORT}-${system.description.sandboxId}.`);
  const problem = (await (await system.visit(`${url}/`)).json()) as Record<string, unknown>;
  expect(problem).toMatchObject({ code: "port_closed", open_ports: [PORT] });
});

test("a sandbox that is not attached, and a hostname that is not ours, are 404", async () => {
  const unknown = await system.visit(system.urlOf(crypto.randomUUID(), PORT));
  expect([unknown.status, unknown.headers.get("preview-error")]).toEqual([404, "sandbox_not_found"]);
  const foreign = await system.visit(
    `http://0${PORT}-${crypto.randomUUID()}.${system.description.previewSuffix}`,
  );
  expect([foreign.status, foreign.headers.get("preview-error")]).toEqual([404, "unknown_host"]);
});

test("a sandbox responds as soon as it is attached, also after a request that came too early, and is 404 once detached", async () => {
  for (let round = 0; round < 10; round++) {
    const sandboxId = crypto.randomUUID();
    const url = system.urlOf(sandboxId, PORT);
    expect((await system.visit(url)).status).toBe(404);
    await system.attach(sandboxId, HOST);
    expect((await system.visit(url)).status).toBe(200);
    await system.detach(sandboxId);
    expect((await system.visit(url)).status).toBe(404);
  }
});

test("a link is 403 when it has expired, is forged, or is for another port", async () => {
  const { sandboxId, link } = system.description;
  const minted = await system.callApi("POST", `/v1/sandboxes/${sandboxId}/preview-token`, {
    port: PORT,
    ttl_seconds: 1,
  });
  const short = (await minted.json()) as { url: string; expires_at: string };
  expect((await system.visit(short.url)).status).toBe(200);
  await new Promise((resolve) => setTimeout(resolve, Date.parse(short.expires_at) - Date.now() + 10));
  const expired = await system.visit(short.url);
  expect([expired.status, expired.headers.get("preview-error")]).toEqual([403, "link_expired"]);

  for (const position of [0, 10, 30, 62]) {
    const letter = link.token[position] === "b" ? "c" : "b";
    const forged = link.token.slice(0, position) + letter + link.token.slice(position + 1);
    const response = await system.visit(link.url.replace(link.token, forged));
    expect(response.status, `position ${position}`).toBe(403);
  }
});

test("the ports of a sandbox are listed in both shapes, with those that visitors found", async () => {
  const { sandboxId } = system.description;
  const other = await startGuestApp(HOST, 3100, "other");
  expect(await (await system.visit(system.urlOf(sandboxId, 3100))).text()).toContain("other GET /");
  const listed = async (query = ""): Promise<unknown> =>
    (await system.callApi("GET", `/v1/sandboxes/${sandboxId}/ports${query}`)).json();
  await expect.poll(() => listed()).toMatchObject({ ports: [{ port: PORT }, { port: 3100 }] });
  expect(await listed("?shape=array")).toMatchObject([{ port: PORT }, { port: 3100 }]);
  await other.close();
});

test("a sandbox cannot be started where no host has a launcher, and the response says so", async () => {
  const response = await system.callApi("POST", "/v1/sandboxes", { template: "vite-react" });
  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
    501,
    "launcher_missing",
  ]);
});

test("no process has a secret among its arguments or in its environment, where ps shows it", () => {
  const { adminToken, apiToken, sandboxId } = system.description;
  const mark = `find-me-${sandboxId}`;
  const child = spawn("sleep", ["60"], { env: { ...process.env, MARK: mark } });
  try {
    // What is searched is really shown.
    expect(findProcessesWith(mark)).toEqual([child.pid]);
  } finally {
    child.kill();
  }
  for (const secret of [adminToken, apiToken]) expect(findProcessesWith(secret)).toEqual([]);
});
