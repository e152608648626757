import { resolve } from "node:path";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { ASSETS_FOLDER } from "./dev/assets/assets-folder.ts";
import { buildAssets } from "./dev/assets/build-assets.ts";

const MINUTE_MS = 60_000;

/** Made up for tests in workerd; the admin's token is `admin-token`. */
const WORKER_TEST_SECRETS = {
  PREVIEW_DOMAIN: "example.com",
  LINK_SECRET: "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc",
  PASS_SIGNING_KEY: JSON.stringify({
    kty: "OKP",
    crv: "Ed25519",
    x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    d: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
    kid: "test",
  }),
  ADMIN_TOKEN_SHA256: "10a4c7c9fc5206d6f36dc6944a81bb6f4a3cb0e25014ae3b12e6c3e52712292a",
};

/** Node-side tests of one folder. */
function nodeProject(name: string, timeoutMs: number, exclude: readonly string[] = []) {
  return {
    // As `examples/` import it.
    resolve: { alias: { "pandastack-preview": resolve("sdk/typescript/src/index.ts") } },
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      exclude: [...exclude],
      environment: "node" as const,
      testTimeout: timeoutMs,
      hookTimeout: Math.max(timeoutMs, MINUTE_MS),
    },
  };
}

await buildAssets();

export default defineConfig({
  test: {
    reporters: ["default", "./test/support/count-reporter.ts"],
    // One less by default, which leaves a core of two idle while a suite waits for a machine or a process.
    maxWorkers: "100%",
    // The Worker's lines per refused request and per change, of which its tests make thousands.
    onConsoleLog: (log) => !log.includes("'request'") && !log.includes("'audit'"),
    projects: [
      nodeProject("unit", 10_000),
      nodeProject("conformance", 30_000),
      nodeProject("fuzz", 10 * MINUTE_MS),
      nodeProject("e2e", 3 * MINUTE_MS),
      nodeProject("compatibility", MINUTE_MS),
      nodeProject("security", 30_000, ["test/security/worker/**"]),
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: WORKER_TEST_SECRETS,
              cf: false,
              assets: { directory: ASSETS_FOLDER, binding: "ASSETS" },
            },
          }),
        ],
        test: {
          name: "worker",
          include: ["test/{worker,security/worker}/**/*.test.ts"],
          testTimeout: 20_000,
        },
      },
    ],
  },
});
