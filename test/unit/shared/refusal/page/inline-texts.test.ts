import { createHash } from "node:crypto";
import { Script } from "node:vm";
import { describe, expect, test } from "vitest";
import { PAGE_STYLE } from "../../../../../shared/refusal/page/page-style.ts";
import { RELOAD_SCRIPT } from "../../../../../shared/refusal/page/reload-script.ts";
import { WAITING_SCRIPT } from "../../../../../shared/refusal/page/waiting-script.ts";
import { WAITING_STYLE } from "../../../../../shared/refusal/page/waiting-style.ts";

describe("InlineText", () => {
  test.each([
    ["PAGE_STYLE", PAGE_STYLE],
    ["RELOAD_SCRIPT", RELOAD_SCRIPT],
    ["WAITING_SCRIPT", WAITING_SCRIPT],
    ["WAITING_STYLE", WAITING_STYLE],
  ])("%s has the hash of its text", (_name, { text, sha256 }) => {
    expect(sha256).toBe(createHash("sha256").update(text).digest("base64"));
  });

  test.each([
    ["RELOAD_SCRIPT", RELOAD_SCRIPT],
    ["WAITING_SCRIPT", WAITING_SCRIPT],
  ])("%s is a script", (_name, { text }) => {
    expect(() => new Script(text)).not.toThrow();
    expect(text).not.toContain("</script");
  });
});
