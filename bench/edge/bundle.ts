import { join } from "node:path";
import { build } from "esbuild";

/** A Worker of the bench as one module, made as `dev/edge` and `wrangler deploy` make the edge's. */
export async function bundle(name: string): Promise<string> {
  const result = await build({
    entryPoints: [join(import.meta.dirname, "workers", `${name}.js`)],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*"],
    logLevel: "silent",
  });
  return result.outputFiles[0]!.text;
}
