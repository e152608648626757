import { describe, expect, test } from "vitest";
import { hostnameRule } from "../../../../../../dev/deploy/zone/items/hostname-rule.ts";
import { parseHostname } from "../../../../../../shared/link/parse-hostname.ts";
import { isRefusal } from "../../../../../../shared/refusal/refusal.ts";

const ID = "0f4bb8a1-52c7-4a0e-9c93-2a1f6b9d0c11";
const ONE_ZONE = ["previews.dev", "preview.previews.dev", "previews.dev"] as const;
const OWN_LINKS = ["previews.dev", "links.dev"] as const;

/** Evaluates an expression of Cloudflare's rules language, as far as the rule uses it. */
function blocks(expression: string, host: string): boolean {
  const script = expression
    .replaceAll("lower(http.host)", "host.toLowerCase()")
    .replaceAll("len(http.host)", "host.length")
    .replace(/ends_with\(host\.toLowerCase\(\), ("[^"]+")\)/g, "host.toLowerCase().endsWith($1)")
    .replaceAll(" and ", " && ")
    .replaceAll(" or ", " || ")
    .replaceAll("not ", "!")
    .replaceAll(" ge ", " >= ")
    .replaceAll(" le ", " <= ")
    .replaceAll(" eq ", " === ");
  return Boolean(new Function("host", `return ${script};`)(host));
}

const [previewDomain, linkDomain] = ONE_ZONE;
const rule = hostnameRule(...ONE_ZONE);

describe("hostnameRule()", () => {
  test.each([
    `3-${ID}.previews.dev`,
    `65535-${ID}.previews.dev`,
    `3000-${ID.toUpperCase()}.Previews.DEV`,
    "api.previews.dev",
    `${"a".repeat(63)}.preview.previews.dev`,
    `${"a".repeat(16)}.preview.previews.dev`,
    "previews.dev",
  ])("lets %s through", (host) => {
    expect(blocks(rule, host)).toBe(false);
  });

  test.each([
    "www.previews.dev",
    `${"a".repeat(37)}.previews.dev`,
    `${"a".repeat(43)}.previews.dev`,
    `a.b.c.${ID}.previews.dev`.padStart(90, "a"),
    "a.preview.previews.dev",
    `a.${"a".repeat(63)}.preview.previews.dev`,
  ])("blocks %s, which nothing has", (host) => {
    expect(blocks(rule, host)).toBe(true);
    expect(isRefusal(parseHostname(host, { previewDomain, linkDomain }))).toBe(true);
  });

  test("blocks no hostname that the edge accepts or explains, of any length of its label", () => {
    for (let length = 1; length <= 63; length += 1) {
      for (const host of [`${"a".repeat(length)}.${previewDomain}`, `${"a".repeat(length)}.${linkDomain}`]) {
        const found = parseHostname(host, { previewDomain, linkDomain });
        const isUseful = !isRefusal(found) || found.code === "link_incomplete";
        if (isUseful) expect(blocks(rule, host), host).toBe(false);
      }
    }
  });

  test("has the links' part only in the links' zone", () => {
    expect(hostnameRule(...OWN_LINKS, "previews.dev")).not.toContain("links.dev");
    const links = hostnameRule(...OWN_LINKS, "links.dev");
    expect(links).not.toContain("previews.dev");
    expect(blocks(links, "a.links.dev")).toBe(true);
    expect(blocks(links, `${"a".repeat(63)}.links.dev`)).toBe(false);
  });
});
