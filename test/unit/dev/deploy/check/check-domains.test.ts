import { describe, expect, test } from "vitest";
import { checkDomains, isPublicSuffix } from "../../../../../dev/deploy/check/check-domains.ts";
import type { Deployment } from "../../../../../dev/deploy/settings/deployment.ts";

/** Both are on the list, as no domain of a test is. */
const LISTED: Deployment = {
  previewDomain: "vercel.app",
  linkDomain: "netlify.app",
  previewZone: "vercel.app",
  linkZone: "netlify.app",
  hostDomain: "hosts.cloudflare.net",
  abuseContact: "abuse@vercel.app",
  accountId: undefined,
  acceptSharedSite: false,
  vars: {},
};

describe("checkDomains()", () => {
  test("has no objection to two listed domains and hosts in another zone", () => {
    expect(checkDomains(LISTED)).toEqual([]);
  });

  test.each([
    ["example_domain", { previewDomain: "example.com", acceptSharedSite: true }],
    ["example_domain", { hostDomain: "hosts.example" }],
    ["preview_suffix_not_listed", { previewDomain: "cloudflare.com" }],
    ["link_suffix_not_listed", { linkDomain: "preview.vercel.app" }],
    ["host_in_preview_zone", { hostDomain: "hosts.vercel.app" }],
    ["host_in_preview_zone", { hostDomain: "netlify.app" }],
  ] as const)("refuses %s: %o", (name, change) => {
    expect(checkDomains({ ...LISTED, ...change }).map((problem) => problem.name)).toEqual([name]);
  });

  test("accepts domains on no list where the operator accepts it, and nothing else", () => {
    const shared = { ...LISTED, previewDomain: "cloudflare.com", linkDomain: "preview.cloudflare.com" };
    expect(checkDomains(shared)).toHaveLength(2);
    expect(checkDomains({ ...shared, acceptSharedSite: true })).toEqual([]);
  });
});

describe("isPublicSuffix()", () => {
  test.each([
    ["vercel.app", true],
    ["co.uk", true],
    ["cloudflare.com", false],
    ["preview.vercel.app", false],
  ])("%s: %s", (domain, expected) => {
    expect(isPublicSuffix(domain)).toBe(expected);
  });
});
