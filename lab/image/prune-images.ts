import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** Enough for the images of the tests and of `npm start`, before and after a change. */
const KEPT_IMAGES = 6;

/** Another lab may have built an image, or be about to boot it, within this time. */
const IN_USE_MS = 3_600_000;

/**
 * Removes images that have not been used lately, and the drafts of builds that died.
 *
 * @param folder holds a folder for each image, modified when it was last used
 */
export async function pruneImages(folder: string, nowMs: number): Promise<void> {
  const entries = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      // Another lab may be removing it.
      const found = await stat(join(folder, name)).catch(() => undefined);
      return { name, usedAtMs: found?.mtimeMs ?? nowMs };
    }),
  );
  const images = entries.filter(({ name }) => !name.startsWith("draft-"));
  const newest = images.sort((left, right) => right.usedAtMs - left.usedAtMs).slice(0, KEPT_IMAGES);
  for (const entry of entries) {
    if (newest.includes(entry) || nowMs - entry.usedAtMs < IN_USE_MS) continue;
    await rm(join(folder, entry.name), { recursive: true, force: true });
  }
}
