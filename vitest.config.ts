import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const MINUTE_MS = 60_000;

/** Node-side tests of one folder. */
function nodeProject(name: string, timeoutMs: number) {
  return {
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      environment: "node" as const,
      testTimeout: timeoutMs,
      hookTimeout: Math.max(timeoutMs, MINUTE_MS),
    },
  };
}

export default defineConfig({
  test: {
    reporters: ["default", "./test/support/count-reporter.ts"],
    projects: [
      nodeProject("unit", 10_000),
      nodeProject("conformance", 30_000),
      nodeProject("fuzz", 10 * MINUTE_MS),
      nodeProject("e2e", 3 * MINUTE_MS),
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: { bindings: { TEST_BINDINGS: "see test/worker" }, cf: false },
          }),
        ],
        test: { name: "worker", include: ["test/worker/**/*.test.ts"], testTimeout: 20_000 },
      },
    ],
  },
});
