import { fileURLToPath } from "node:url";
import { build } from "vite";
import { DASHBOARD_PATH } from "../../worker/assets/asset-paths.ts";

const ROOT = fileURLToPath(new URL("../../dashboard", import.meta.url));

/** The dashboard as static files. Nothing is inline: its policy admits only files. */
export async function buildDashboard(folder: string): Promise<void> {
  await build({
    root: ROOT,
    configFile: false,
    base: DASHBOARD_PATH,
    logLevel: "warn",
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: {
      outDir: folder,
      emptyOutDir: true,
      assetsInlineLimit: 0,
      modulePreload: false,
      target: "es2023",
      reportCompressedSize: false,
    },
  });
}
