import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { GuestApp } from "../../support/guest-app.ts";
import { startGuestApp } from "../../support/guest-app.ts";
import { RunningSystem } from "../../support/running-system.ts";

const SECRET = "hunter2";
interface Replayed {
  readonly response: { readonly body: { readonly text: string } };
}

const HOOK = { event: "paid", amount: 12 };

let guest: GuestApp;
let system: RunningSystem;
let log: string;

beforeAll(async () => {
  guest = await startGuestApp("127.78.14.1", 3000);
  system = await RunningSystem.start([guest]);
  log = `/v1/sandboxes/${system.description.sandboxId}/requests`;
  const capture = `/v1/sandboxes/${system.description.sandboxId}/ports/3000/capture`;
  const put = await system.callApi("PUT", capture, { bodies: true, mask: ["X-Signature"] });
  expect([put.status, await put.json()]).toEqual([200, { port: 3000, bodies: true, mask: ["x-signature"] }]);
});

afterAll(async () => {
  await system?.stop();
  await guest?.close();
});

// biome-ignore lint/suspicious/noExplicitAny: the answers are compared as they are
async function get(path: string): Promise<any> {
  const response = await system.callApi("GET", path);
  expect(response.status).toBe(200);
  return response.json();
}

function hook(path = "/hash?from=shop") {
  return system.visit(`${system.description.previewUrl}${path}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: SECRET,
      "x-signature": SECRET,
      cookie: SECRET,
    },
    body: JSON.stringify(HOOK),
  });
}

/** The stream's text from one of its events on, until it has come. */
async function readUntil(reader: ReadableStreamDefaultReader<string>, end: string): Promise<string> {
  let text = "";
  while (!text.includes(end)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the stream ended before ${end}: ${text}`);
    text += value;
  }
  return text;
}

describe("a webhook to a captured port", () => {
  let first: { id: string; status: number };

  test("is shown live, listed, and shown in full with its secrets masked", async () => {
    const events = await system.callApi("GET", `${log}/events`);
    expect(events.headers.get("content-type")).toBe("text/event-stream");
    const stream = events.body as unknown as ReadableStream<Uint8Array<ArrayBuffer>>;
    const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
    await readUntil(reader, "event: ready");
    const answered = await (await hook()).text();
    const event = await readUntil(reader, "/hash?from=shop");
    await reader.cancel();
    const { requests } = await get(
      `${log}?method=POST&path=${encodeURIComponent("from=shop")}&status=2xx&port=3000`,
    );
    expect(requests).toHaveLength(1);
    [first] = requests;
    expect(first).toMatchObject({ port: 3000, method: "POST", path: "/hash?from=shop", status: 200 });
    expect(JSON.parse(/^data: (\{"id.*)$/m.exec(event)?.[1] ?? "")).toEqual(first);

    const shown = await get(`${log}/${first.id}`);
    expect(shown.request.body).toMatchObject({
      text: JSON.stringify(HOOK),
      truncated: false,
      captured: true,
    });
    expect(shown.response.body).toMatchObject({ text: answered });
    const sent = new Map<string, string>(
      shown.request.headers.map(([name, value]: [string, string]) => [name.toLowerCase(), value]),
    );
    expect(sent.get("host")).toBe("localhost:3000");
    for (const name of ["authorization", "cookie", "x-signature"]) expect(sent.get(name)).toBe("***");
    expect(shown.masked.sort()).toEqual(["authorization", "cookie", "x-signature"]);
    expect(shown.timing.edge_ms).toBeGreaterThanOrEqual(0);
    expect(shown.timing.guest_ms).toBeGreaterThan(0);
    const curl = await (await system.callApi("GET", `${log}/${first.id}/curl`)).text();
    expect(curl).toContain(`'${system.description.previewUrl}/hash?from=shop'`);
    expect(JSON.stringify(shown) + curl + event).not.toContain(SECRET);
    expect(JSON.stringify(shown)).not.toContain("preview-pass");
  });

  test("is replayed with its secrets, or with another body, and both answers are shown", async () => {
    const replay = async (body: unknown) => system.callApi("POST", `${log}/${first.id}/replay`, body);
    const same = (await (await replay({})).json()) as Record<"original" | "replay", Replayed>;
    expect(guest.seen.at(-1)).toMatchObject({
      method: "POST",
      url: "/hash?from=shop",
      headers: { authorization: SECRET, "x-signature": SECRET, host: "localhost:3000" },
    });
    const answers = ({ original, replay: second }: typeof same): string[] =>
      [original, second].map((each) => each.response.body.text);
    const [before, after] = answers(same);
    expect(after).toBe(before);
    const other = await (
      await replay({ path: "/hash?again", headers: { "x-signature": null, "x-new": "1" }, body: "other" })
    ).json();
    expect(guest.seen.at(-1)).toMatchObject({
      url: "/hash?again",
      headers: { "x-new": "1", "content-length": "5" },
    });
    expect(guest.seen.at(-1)?.headers).not.toHaveProperty("x-signature");
    expect(answers(other as typeof same)[1]).not.toBe(before);
    const { requests } = await get(`${log}?limit=2`);
    expect(requests.map((request: { replay_of?: string }) => request.replay_of)).toEqual([
      first.id,
      first.id,
    ]);

    const smuggled = await replay({
      headers: { host: "internal", "transfer-encoding": "chunked", "x-a": "1\r\nx-b: 2" },
    });
    expect(smuggled.status).toBe(400);
    const { errors } = (await smuggled.json()) as { errors: { path: string }[] };
    expect(errors.map(({ path }) => path)).toEqual([
      "/headers/host",
      "/headers/transfer-encoding",
      "/headers/x-a",
    ]);
  });

  test("is refused a replay where its body was cut, until another one is named", async () => {
    const long = await system.visit(`${system.description.previewUrl}/hash?long`, {
      method: "POST",
      body: "a".repeat(70_000),
    });
    await long.text();
    const [cut] = (await get(`${log}?path=long`)).requests;
    const shown = await get(`${log}/${cut.id}`);
    expect(shown).toMatchObject({ replayable: false, request: { body: { bytes: 70_000, truncated: true } } });
    const refused = await system.callApi("POST", `${log}/${cut.id}/replay`, {});
    expect([refused.status, ((await refused.json()) as { detail: string }).detail]).toEqual([
      409,
      shown.not_replayable,
    ]);
    expect((await system.callApi("POST", `${log}/${cut.id}/replay`, { body: "b" })).status).toBe(200);
  });
});

test("a WebSocket is listed when it opens, and its frames are counted both ways", async () => {
  const socket = system.openWebSocket(`${system.description.previewUrl}/socket`);
  await once(socket, "open");
  await expect
    .poll(async () => (await get(`${log}?status=101`)).requests[0])
    .toMatchObject({ open: true, path: "/socket" });
  socket.send("one");
  await once(socket, "message");
  socket.close();
  await once(socket, "close");
  const closed = async () => (await get(`${log}?status=101`)).requests[0];
  await expect.poll(closed).toMatchObject({ frames: { sent: expect.any(Number) } });
  await expect.poll(async () => (await closed()).open).toBeUndefined();
  expect((await closed()).frames.sent).toBeGreaterThanOrEqual(2);
});

test("pages of the list follow each other, and another workspace sees nothing of it", async () => {
  const page = await system.callApi("GET", `${log}?limit=1`);
  expect(page.headers.get("link")).toContain("cursor=");
  const foreign = "00000000-0000-4000-8000-000000000000";
  const refused = await system.callApi("GET", `/v1/sandboxes/${foreign}/requests`);
  expect(refused.status).toBe(404);
});

test("the command line lists, follows and replays", async () => {
  const { sandboxId, api, apiToken } = system.description;
  const main = new URL("../../../sdk/typescript/src/cli/main.ts", import.meta.url).pathname;
  const env = {
    ...process.env,
    PANDASTACK_API_URL: `http://127.0.0.1:${new URL(api).port}`,
    PANDASTACK_API_KEY: apiToken,
  };
  const run = async (...args: string[]) =>
    JSON.parse((await promisify(execFile)(process.execPath, [main, "--json", ...args], { env })).stdout);
  const [hooked] = await run("logs", sandboxId, "--path", "from=shop", "--method", "post", "--limit", "1");
  expect(hooked).toMatchObject({ method: "POST", status: 200 });
  const { replay } = await run("replay", sandboxId, hooked.id, "--body", "again", "--header", "x-cli: 1");
  expect(replay).toMatchObject({ replay_of: hooked.id, status: 200 });
  expect(guest.seen.at(-1)?.headers).toMatchObject({ "x-cli": "1", "content-length": "5" });
  expect(await run("capture", sandboxId, "3000", "on", "--bodies")).toMatchObject({
    capture: { bodies: true },
  });

  const follow = spawn(process.execPath, [main, "--json", "logs", sandboxId, "--follow", "--limit", "1"], {
    env,
  });
  const lines = createInterface({ input: follow.stdout });
  const [last] = (await once(lines, "line")) as [string];
  expect(JSON.parse(last)).toMatchObject({ replay_of: hooked.id });
  const followed = once(lines, "line") as Promise<[string]>;
  let isOver = false;
  followed.then(() => {
    isOver = true;
  });
  await expect
    .poll(async () => {
      await (await hook("/hash?followed")).text();
      return isOver;
    })
    .toBe(true);
  expect(JSON.parse((await followed)[0])).toMatchObject({ path: "/hash?followed", status: 200 });
  follow.kill("SIGINT");
  await once(follow, "exit");
});

test("usage counts what was admitted, for the sandbox and for its org", async () => {
  const usage = await get(`/v1/sandboxes/${system.description.sandboxId}/usage`);
  expect(usage.ports[0]).toMatchObject({ port: 3000 });
  expect(usage.ports[0].admitted).toHaveLength(usage.steps);
  expect(usage.admitted).toBeGreaterThanOrEqual(3);
});

test("DELETE forgets what was kept, and the end of the capture keeps nothing more", async () => {
  expect((await system.callApi("DELETE", log)).status).toBe(204);
  expect((await get(log)).requests).toEqual([]);
  const capture = `/v1/sandboxes/${system.description.sandboxId}/ports/3000/capture`;
  expect((await system.callApi("DELETE", capture)).status).toBe(204);
  const after = async () => {
    await system.callApi("DELETE", log);
    await (await hook()).text();
    return (await get(log)).requests.length;
  };
  await expect.poll(after, { timeout: 6_000 }).toBe(0);
});
