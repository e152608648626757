import { describe, expect, test } from "vitest";
import { wantsHtml } from "../../../../shared/refusal/wants-html.ts";

describe("wantsHtml()", () => {
  test.each([
    ["navigate", "*/*", true],
    ["navigate", null, true],
    ["cors", "text/html", false],
    ["no-cors", "text/html", false],
    ["websocket", null, false],
    ["", "text/html", false],
    [null, "text/html,application/xhtml+xml", true],
    [undefined, "application/json, text/html;q=0.9", true],
    [null, "TEXT/HTML", true],
    [null, "*/*", false],
    [null, "application/json", false],
    [null, "text/html5", false],
    [null, "application/text/html", false],
    [null, "", false],
    [null, null, false],
    [undefined, undefined, false],
  ])("sec-fetch-mode %j and accept %j: %j", (mode, accept, expected) => {
    expect(wantsHtml(mode, accept)).toBe(expected);
  });
});
