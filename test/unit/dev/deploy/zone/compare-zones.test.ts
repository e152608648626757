import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DeployError } from "../../../../../dev/deploy/deploy-error.ts";
import { findPlan } from "../../../../../dev/deploy/edge/find-plan.ts";
import type { Deployment } from "../../../../../dev/deploy/settings/deployment.ts";
import { parseDeployment } from "../../../../../dev/deploy/settings/deployment.ts";
import { compareZones } from "../../../../../dev/deploy/zone/compare-zones.ts";
import { createClient } from "../../../../../dev/deploy/zone/create-client.ts";
import { describeResult, hasDifferences } from "../../../../../dev/deploy/zone/describe-results.ts";
import { FAKE_TOKEN, FakeCloudflare, FakeZone } from "../../../../support/deploy/fake-cloudflare.ts";

const DEPLOYMENT = parseDeployment(`
preview_domain = "previews.dev"
host_domain = "hosts.cloud"
abuse_contact = "abuse@previews.dev"
`);
const TWO_ZONES: Deployment = { ...DEPLOYMENT, linkDomain: "links.dev", linkZone: "links.dev" };

let zone: FakeZone;
let links: FakeZone;
let cloudflare: FakeCloudflare;
let address: string;

beforeEach(async () => {
  zone = new FakeZone("zone1", "previews.dev");
  links = new FakeZone("zone2", "links.dev");
  zone.certificates = [{ hosts: ["previews.dev", "*.previews.dev"], status: "active" }];
  links.certificates = [{ hosts: ["links.dev", "*.links.dev"], status: "active" }];
  cloudflare = new FakeCloudflare([zone, links]);
  address = await cloudflare.listen();
});
afterEach(() => {
  expect(cloudflare.unknown).toEqual([]);
  cloudflare.close();
});

function run(apply: boolean, deployment: Deployment = DEPLOYMENT, token = FAKE_TOKEN) {
  const client = createClient({ CLOUDFLARE_API_TOKEN: token, CLOUDFLARE_BASE_URL: address });
  return compareZones(client, deployment, apply, () => {});
}

describe("compareZones()", () => {
  test("lists what differs in a new zone, and changes nothing", async () => {
    const results = await run(false);
    expect(cloudflare.changes).toEqual([]);
    expect(hasDifferences(results)).toBe(true);
    expect(results.filter(({ state }) => state !== "as needed").map(describeResult)).toEqual([
      "✗ previews.dev: DNS *.previews.dev: no record; AAAA 100::, proxied, is needed",
      "✗ previews.dev: DNS *.preview.previews.dev: no record; AAAA 100::, proxied, is needed",
      expect.stringMatching(
        /^✗ by hand: previews\.dev: certificate for \*\.preview\.previews\.dev: there is none/,
      ),
      "✗ previews.dev: Always Use HTTPS: is off, must be on",
      "✗ previews.dev: Email Address Obfuscation: is on, must be off",
      "✗ previews.dev: Browser Integrity Check: is on, must be off",
      "✗ previews.dev: Speed Brain: is on, must be off",
      "✗ previews.dev: Automatic HTTPS Rewrites: is on, must be off",
      "✗ previews.dev: Replace insecure JavaScript libraries: is on, must be off",
      "✗ previews.dev: HSTS: must be on for subdomains, for 15552000 s or more",
      "✗ previews.dev: Bot Fight Mode: is true, must be false",
      "✗ previews.dev: JavaScript Detections: is true, must be false",
      "✗ previews.dev: Block AI bots: is block, must be disabled",
      "✗ previews.dev: Web Analytics injection: adds a script to guests' pages",
      "✗ previews.dev: WAF rule against impossible hostnames: no rule",
    ]);
  });

  test("sets all of it with apply, after which nothing differs and a second run changes nothing", async () => {
    zone.certificates.push({ hosts: ["*.preview.previews.dev"], status: "active" });
    const applied = await run(true);
    expect(applied.filter(({ state }) => state !== "as needed" && state !== "set")).toEqual([]);
    expect(zone.records).toMatchObject([
      { name: "*.previews.dev", type: "AAAA", content: "100::", proxied: true },
      { name: "*.preview.previews.dev", type: "AAAA", content: "100::", proxied: true },
    ]);
    expect(zone.settings).toMatchObject({
      always_use_https: "on",
      email_obfuscation: "off",
      security_header: { strict_transport_security: { enabled: true, include_subdomains: true } },
    });
    expect(zone.bots).toMatchObject({ fight_mode: false, ai_bots_protection: "disabled" });
    expect(zone.webAnalytics).toBe(false);
    cloudflare.changes.length = 0;
    expect(hasDifferences(await run(true))).toBe(false);
    expect(cloudflare.changes).toEqual([]);
  });

  test("keeps other rules and records, and proxies a wildcard record that is DNS-only", async () => {
    const other = { ref: "mine", expression: "true", action: "log" };
    zone.rules = [other];
    zone.records = [
      { id: "r1", name: "*.previews.dev", type: "A", content: "192.0.2.1", proxied: false },
      { id: "r2", name: "*.previews.dev", type: "TXT", content: "v=spf1 -all", proxied: false },
    ];
    await run(true);
    expect(zone.rules).toMatchObject([other, { action: "block", enabled: true }]);
    expect(zone.records.slice(0, 2)).toMatchObject([
      { type: "A", content: "192.0.2.1", proxied: true },
      { type: "TXT", proxied: false },
    ]);
  });

  test("compares both zones where the links have their own, each with its own domain", async () => {
    const results = await run(true, TWO_ZONES);
    expect(hasDifferences(results)).toBe(false);
    expect(zone.records.map(({ name }) => name)).toEqual(["*.previews.dev"]);
    expect(links.records.map(({ name }) => name)).toEqual(["*.links.dev"]);
    expect(JSON.stringify(links.rules)).not.toContain("previews.dev");
  });

  test("says what the plan does not have, and sets the rest", async () => {
    zone.settings.polish = "lossless";
    zone.fixed.add("polish");
    zone.botsRefusal = { status: 400, message: "This feature is not available for your plan level" };
    const results = await run(true);
    const names = results.filter(({ state }) => state === "not on this plan").map(({ name }) => name);
    expect(names).toEqual(["Polish", "Bot Fight Mode", "JavaScript Detections", "Block AI bots"]);
    expect(zone.settings.email_obfuscation).toBe("off");
  });

  test("names what the token may not do, and sets the rest", async () => {
    zone.botsRefusal = { status: 403, message: "Authentication error" };
    const results = await run(true);
    const failed = results.filter(({ state }) => state === "failed");
    expect(failed.map(({ name }) => name)).toEqual([
      "Bot Fight Mode",
      "JavaScript Detections",
      "Block AI bots",
    ]);
    expect(failed[0]?.text).toContain("permissions");
    expect(zone.settings.email_obfuscation).toBe("off");
  });

  test("names a zone that is not there, and a token that is refused", async () => {
    await expect(run(false, { ...DEPLOYMENT, previewZone: "absent.dev" })).rejects.toThrow(
      "no zone absent.dev",
    );
    await expect(run(false, DEPLOYMENT, "wrong")).rejects.toThrow("refuses the token");
  });

  test("does not blame the token where Cloudflare's API does not respond", async () => {
    const environment = { CLOUDFLARE_API_TOKEN: FAKE_TOKEN, CLOUDFLARE_BASE_URL: address };
    cloudflare.close();
    const compared = compareZones(createClient(environment), DEPLOYMENT, false, () => {});
    await expect(compared).rejects.toThrow("Cloudflare's API does not respond: Connection error");
    expect(await findPlan("account", environment)).toContain("Cloudflare's API does not respond");
  });
});

describe("createClient()", () => {
  test("names the variable where there is no token", () => {
    expect(() => createClient({})).toThrow(DeployError);
    expect(() => createClient({})).toThrow("CLOUDFLARE_API_TOKEN");
  });
});
