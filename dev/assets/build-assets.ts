import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DASHBOARD_PATH } from "../../worker/assets/asset-paths.ts";
import { ASSETS_FOLDER } from "./assets-folder.ts";
import { buildDashboard } from "./build-dashboard.ts";
import { hashSources } from "./hash-sources.ts";
import { renderReference } from "./render-reference.ts";

/** What the files are made from. */
const SOURCES = ["worker", "shared", "dashboard", "sdk/typescript/src", "dev/assets", "package-lock.json"];

const STAMP = `${ASSETS_FOLDER}.stamp`;

/**
 * `npm run build:assets`: the files beside the Worker, which are the dashboard and the API's reference. Does nothing
 * where nothing has changed since the last build.
 */
export async function buildAssets(): Promise<void> {
  const hash = await hashSources(SOURCES);
  if (existsSync(ASSETS_FOLDER) && existsSync(STAMP) && (await readFile(STAMP, "utf8")) === hash) return;
  // Processes that build at the same time must not write the same files.
  const fresh = `${ASSETS_FOLDER}.${process.pid}`;
  await rm(fresh, { recursive: true, force: true });
  await buildDashboard(join(fresh, DASHBOARD_PATH));
  for (const [path, text] of Object.entries(await renderReference())) {
    await mkdir(dirname(join(fresh, path)), { recursive: true });
    await writeFile(join(fresh, path), text);
  }
  await rm(ASSETS_FOLDER, { recursive: true, force: true });
  await rename(fresh, ASSETS_FOLDER);
  await writeFile(STAMP, hash);
}

if (import.meta.main) await buildAssets();
