import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { API, countingIsolate, fetchEdge, freshIsolate } from "../../worker/deployment.ts";

let lines: unknown[];

beforeEach(() => {
  lines = [];
  vi.spyOn(console, "log").mockImplementation((line) => void lines.push(line));
});

afterEach(() => {
  vi.restoreAllMocks();
});

const JUNK: [name: string, url: string, token: string | undefined][] = [
  ["a name that is not ours", "https://nothing-here.example.com/", undefined],
  ["a damaged link", `https://${"a".repeat(63)}.preview.example.com/`, undefined],
  ["a link whose expiry no link can have", `https://${"b".repeat(63)}.preview.example.com/`, undefined],
  ["a call without a credential", `${API}/v1/sandboxes`, undefined],
  ["a call with a random bearer token", `${API}/v1/sandboxes`, "AAAA"],
];

describe("junk that needs no credential", () => {
  test.each(JUNK)("costs no log line each: %s", async (_name, url, token) => {
    const isolate = freshIsolate({ LOG_SAMPLE_RATE: "0" });
    for (let count = 0; count < 20; count++)
      expect(
        (await fetchEdge(url, token === undefined ? {} : { token }, isolate)).status,
      ).toBeGreaterThanOrEqual(400);
    expect(lines).toEqual([]);
  });

  test.each(JUNK.slice(0, 4))("costs no object call and no KV read: %s", async (_name, url) => {
    const { isolate, calls } = countingIsolate();
    await fetchEdge(url, {}, isolate);
    expect(calls).toEqual([]);
  });
});

describe("a token that has not been verified", () => {
  test.each([
    ["damaged", "a".repeat(63)],
    ["of an unknown format", `m${"a".repeat(62)}`],
    ["with an impossible claim", "b".repeat(63)],
  ])("has the same refusal as any other: %s", async (_case, token) => {
    const refusal = await refusalOf(`https://${token}.preview.example.com/`);
    expect(refusal).toEqual(await refusalOf(`https://${"c".repeat(63)}.preview.example.com/`));
    expect(refusal).toMatchObject({ status: 403, code: "link_invalid" });
  });
});

async function refusalOf(url: string): Promise<Record<string, unknown>> {
  const response = await fetchEdge(url);
  const { request_id: _id, ...problem } = (await response.json()) as Record<string, unknown>;
  return { ...problem, fields: [...response.headers.keys()] };
}
