import { describe, expect, test } from "vitest";
import type { RefusalCode } from "../../shared/refusal/refusal.ts";
import { reportWeight } from "../../worker/report/report-request.ts";

type RequestId = ReturnType<typeof crypto.randomUUID>;

const APP = new Response("", { status: 500 });

function refusalOf(status: number, code: RefusalCode): Response {
  return new Response("", { status, headers: { "preview-error": code } });
}

describe("reportWeight()", () => {
  test.each<[RequestId, number]>([
    ["33333333-0000-4000-8000-000000000000", 4],
    ["3fffffff-0000-4000-8000-000000000000", 4],
    ["40000000-0000-4000-8000-000000000000", 0],
    ["e6666666-0000-4000-8000-000000000000", 0],
  ])("samples an app's response by the request's id %s: %d", (requestId, weight) => {
    expect(reportWeight({ requestId, asked: false, repeated: false }, APP, 0.25)).toBe(weight);
  });

  test.each([
    ["a refusal", refusalOf(404, "sandbox_not_found"), true, false, 1],
    ["a limit that the object applied", refusalOf(429, "rate_limited"), true, false, 1],
    ["a limit that the isolate repeats", refusalOf(429, "rate_limited"), false, true, 0],
    ["a silent host that the isolate repeats", refusalOf(502, "host_unreachable"), false, true, 0],
    ["a host that failed during a lease", refusalOf(502, "host_unreachable"), false, false, 1],
    ["a junk token", refusalOf(403, "link_invalid"), false, false, 0],
    ["an app's own 404", new Response("", { status: 404 }), false, false, 0],
  ])("at a rate of 0 counts %s", (_case, response, asked, repeated, weight) => {
    const requestId: RequestId = "00000000-0000-4000-8000-000000000000";
    expect(reportWeight({ requestId, asked, repeated }, response, 0)).toBe(weight);
  });

  test("at a rate of 1 counts every request once", () => {
    const requestId: RequestId = "ffffffff-ffff-4fff-bfff-ffffffffffff";
    expect(reportWeight({ requestId, asked: false, repeated: false }, APP, 1)).toBe(1);
  });
});
