import { createHash } from "node:crypto";
import { Script } from "node:vm";
import { describe, expect, test } from "vitest";
import { PAGE_STYLE } from "../../../../../shared/refusal/page/page-style.ts";
import { RELOAD_SCRIPT } from "../../../../../shared/refusal/page/reload-script.ts";

describe("InlineText", () => {
  test.each([
    ["PAGE_STYLE", PAGE_STYLE],
    ["RELOAD_SCRIPT", RELOAD_SCRIPT],
  ])("%s has the hash of its text", (_name, { text, sha256 }) => {
    expect(sha256).toBe(createHash("sha256").update(text).digest("base64"));
  });

  test("RELOAD_SCRIPT is a script", () => {
    expect(() => new Script(RELOAD_SCRIPT.text)).not.toThrow();
    expect(RELOAD_SCRIPT.text).not.toContain("</script");
  });
});
