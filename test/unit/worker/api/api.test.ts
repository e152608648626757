import { build } from "esbuild";
import { expect, test } from "vitest";

/** Packages that only the API needs. */
const API_ONLY = /node_modules\/(@hono|@asteasolutions)\//;

/** What is evaluated when an isolate starts: everything that static imports reach. */
async function listEvaluatedAtStart(): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: ["worker/main.ts"],
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    external: ["cloudflare:*"],
    logLevel: "silent",
  });
  const reached = new Set<string>(["worker/main.ts"]);
  for (const path of reached) {
    for (const { path: target, kind } of metafile.inputs[path]?.imports ?? []) {
      if (kind === "import-statement") reached.add(target);
    }
  }
  return [...reached];
}

test("an isolate that serves previews evaluates nothing of the API", async () => {
  const evaluated = await listEvaluatedAtStart();
  expect(evaluated).toContain("worker/preview/serve-preview.ts");
  expect(evaluated.filter((path) => API_ONLY.test(path))).toEqual([]);
  expect(evaluated.filter((path) => path.startsWith("worker/api/"))).toEqual(["worker/api/api.ts"]);
});
