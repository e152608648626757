import { describe, expect, test } from "vitest";
import cases from "../../../../sdk/cases.json" with { type: "json" };
import { parseEvent } from "../../../../sdk/typescript/src/api/read-events.ts";
import { retryDelayMs } from "../../../../sdk/typescript/src/api/retry-delay.ts";
import { errorFor } from "../../../../sdk/typescript/src/errors.ts";
import { Client } from "../../../../sdk/typescript/src/index.ts";

/** Counts its calls, and answers each with the same JSON. */
function createClient(body: unknown = {}) {
  const calls: string[] = [];
  const answer = async (url: unknown): Promise<Response> => {
    calls.push(String(url));
    return Response.json(body);
  };
  const client = new Client({
    apiUrl: "https://api.acme.dev",
    token: "pvw_x",
    fetch: answer as typeof fetch,
  });
  return { calls, sandbox: client.sandboxes.ref("1a2b3c4d") };
}

describe("sdk/cases.json", () => {
  test.each(cases.preview_urls)("previewUrl(): $api_url $preview_host $port → $url", (one) => {
    const client = new Client({ apiUrl: one.api_url });
    if (one.preview_host !== undefined) client.previewHost = one.preview_host;
    const sandbox = client.sandboxes.ref(one.id);
    expect(sandbox.previewUrl(one.port)).toBe(one.url);
    expect(`${new URL(one.url).protocol}//${sandbox.getHost(one.port)}`).toBe(one.url);
  });

  test.each(cases.bad_ports)("a bad port throws a RangeError before a call: %j", async (port) => {
    const { sandbox, calls } = createClient();
    const bad = port as number;
    const message = /^port must be a whole number from 1 to 65535/;
    expect(() => sandbox.previewUrl(bad)).toThrow(RangeError);
    expect(() => sandbox.getHost(bad)).toThrow(message);
    await expect(sandbox.signedPreviewUrl(bad)).rejects.toThrow(message);
    await expect(sandbox.setPortAccess(bad, "off")).rejects.toThrow(message);
    await expect(sandbox.waitForPort(bad)).rejects.toThrow(message);
    expect(calls).toEqual([]);
  });

  test.each(cases.bad_ttls)("a bad ttl throws a RangeError before a call: %j", async (ttl) => {
    const { sandbox, calls } = createClient();
    await expect(sandbox.signedPreviewUrl(3000, ttl as number)).rejects.toThrow(
      /^ttlSeconds must be a whole number from 1 to 604800/,
    );
    expect(calls).toEqual([]);
  });

  test.each(cases.bad_ids)("a bad id throws a TypeError that names it: %j", (id) => {
    expect(() => new Client({ token: "x" }).sandboxes.ref(id as string)).toThrow(/^id must be/);
  });

  test.each(cases.bad_api_urls)("a bad apiUrl throws a TypeError that names it: %j", (apiUrl) => {
    expect(() => new Client({ apiUrl: apiUrl as string })).toThrow(/^apiUrl must be/);
  });

  test.each(cases.bad_preview_hosts)(
    "a bad previewHost throws a TypeError that names it: %j",
    (previewHost) => {
      expect(() => new Client({ previewHost })).toThrow(/^previewHost must be/);
    },
  );

  test.each(cases.bad_link_tokens)("a bad link token throws before a call: %j", async (token) => {
    const { sandbox, calls } = createClient();
    await expect(sandbox.revokePreviewUrl(token as string)).rejects.toThrow(/^token must be/);
    expect(calls).toEqual([]);
  });

  test.each(cases.bad_accesses)("a bad access throws before a call: %j", async (access) => {
    const { sandbox, calls } = createClient();
    await expect(sandbox.setPortAccess(80, access as "off")).rejects.toThrow(/^access must be/);
    expect(calls).toEqual([]);
  });

  test.each(cases.port_lists)("previewUrls() reads $body", async ({ body, ports }) => {
    const { sandbox } = createClient(body);
    expect(Object.keys(await sandbox.previewUrls()).map(Number)).toEqual(ports);
  });

  test.each(cases.errors)("$code with status $status is a $error", ({ status, code, error }) => {
    const made = errorFor(status, { code, detail: "Why.", open_ports: [8080], request_id: "r" });
    expect(made).toMatchObject({ name: error, code, status, message: "Why.", requestId: "r" });
    if (error === "PortClosedError") expect(made).toMatchObject({ openPorts: [8080] });
  });

  test.each(cases.retry_delays)("retryDelayMs() $attempt $retry_after $random → $delay_ms", (one) => {
    const delayMs = retryDelayMs(one.attempt, one.retry_after, () => one.random);
    expect(delayMs ?? null).toBe(one.delay_ms);
  });

  test.each(cases.events)("parseEvent() $block", ({ block, event, data }) => {
    expect(parseEvent(block)).toEqual({ event, data });
  });
});
