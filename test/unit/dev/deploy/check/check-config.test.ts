import { describe, expect, test } from "vitest";
import { checkConfig } from "../../../../../dev/deploy/check/check-config.ts";
import { parseDeployment } from "../../../../../dev/deploy/settings/deployment.ts";
import { createWranglerConfig, readBaseConfig } from "../../../../../dev/deploy/settings/wrangler-config.ts";

const DEPLOYMENT = parseDeployment(`
preview_domain = "previews.dev"
host_domain = "hosts.cloud"
abuse_contact = "abuse@previews.dev"
account_id = "0123456789abcdef0123456789abcdef"
`);
const CONFIG = createWranglerConfig(await readBaseConfig(), DEPLOYMENT);
const VARS = CONFIG.vars as Record<string, string>;

describe("createWranglerConfig()", () => {
  test("adds account, domains and one route to the repository's configuration", () => {
    expect(CONFIG).toMatchObject({
      name: "preview-edge",
      account_id: "0123456789abcdef0123456789abcdef",
      routes: [{ pattern: "*.previews.dev/*", zone_name: "previews.dev" }],
      vars: {
        PREVIEW_DOMAIN: "previews.dev",
        ABUSE_CONTACT: "abuse@previews.dev",
        MAX_RATE_LIMIT: "100,1000",
      },
    });
    expect(VARS.LINK_DOMAIN).toBeUndefined();
  });

  test("adds a route and a variable for a link domain of its own, and the operator's variables", () => {
    const own = {
      ...DEPLOYMENT,
      linkDomain: "links.dev",
      linkZone: "links.dev",
      vars: { LOG_SAMPLE_RATE: "1" },
    };
    expect(createWranglerConfig({}, own)).toMatchObject({
      routes: [{ zone_name: "previews.dev" }, { pattern: "*.links.dev/*", zone_name: "links.dev" }],
      vars: { LINK_DOMAIN: "links.dev", LOG_SAMPLE_RATE: "1" },
    });
  });

  test("adds a custom domain for a dashboard with a hostname of its own", () => {
    const own = { ...DEPLOYMENT, vars: { DASHBOARD_HOST: "dashboard.hosts.cloud" } };
    expect(createWranglerConfig({}, own)).toMatchObject({
      routes: [{ zone_name: "previews.dev" }, { pattern: "dashboard.hosts.cloud", custom_domain: true }],
      vars: { DASHBOARD_HOST: "dashboard.hosts.cloud" },
    });
  });
});

describe("checkConfig()", () => {
  test("has no objection to the repository's configuration", async () => {
    expect(await checkConfig(CONFIG)).toEqual([]);
  });

  test.each([
    ["workers_dev_on", { workers_dev: true }],
    ["workers_dev_on", { workers_dev: undefined }],
    ["logs_have_urls", { observability: { enabled: true } }],
    ["logs_have_urls", { observability: { logs: { enabled: true } } }],
    ["logs_have_urls", { observability: { traces: { enabled: true } } }],
    ["logs_have_urls", { logpush: true }],
    ["logs_have_urls", { tail_consumers: [{ service: "tail" }] }],
    ["binding_missing", { kv_namespaces: [] }],
    ["binding_missing", { durable_objects: { bindings: bindings().slice(1) } }],
    [
      "object_not_migrated",
      { migrations: [{ tag: "v1", new_sqlite_classes: ["Sandbox", "Workspace", "Host"] }] },
    ],
    ["kv_placeholder", { kv_namespaces: [{ binding: "POLICY", id: "0".repeat(32) }] }],
    ["secret_in_vars", { vars: { ...VARS, LINK_SECRET: "x" } }],
    ["variable_wrong", { vars: { ...VARS, ALLOW_HTTP: "true" } }],
    ["variable_wrong", { vars: { ...VARS, MAX_RATE_LIMIT: "many" } }],
    ["variable_wrong", { vars: { ...VARS, LOG_SAMPLE_RATE: "2" } }],
    ["variable_unknown", { vars: { ...VARS, MAX_RATELIMIT: "1,10" } }],
    ["variable_wrong", { workers_dev: "no" }],
  ] as const)("refuses %s: %o", async (name, change) => {
    const problems = await checkConfig({ ...CONFIG, ...change });
    expect(problems.map((problem) => problem.name)).toEqual([name]);
  });
});

function bindings() {
  return (CONFIG.durable_objects as { bindings: { name: string; class_name: string }[] }).bindings;
}
