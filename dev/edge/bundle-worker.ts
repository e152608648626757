import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const EDGE = fileURLToPath(new URL("../../worker/main.ts", import.meta.url));

/**
 * Bundles a Worker into one module, as `wrangler deploy` does.
 *
 * @param entry its main module; default: the edge's
 */
export async function bundleWorker(entry = EDGE): Promise<string> {
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*"],
    sourcemap: "inline",
    logLevel: "silent",
  });
  const [output] = result.outputFiles;
  if (output === undefined) throw new Error("esbuild wrote nothing");
  return output.text;
}
