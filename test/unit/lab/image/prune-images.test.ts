import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { pruneImages } from "../../../../lab/image/prune-images.ts";

const NOW_MS = 1_800_000_000_000;
const HOUR_MS = 3_600_000;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "images-"));
});

afterEach(() => rm(folder, { recursive: true }));

async function putImage(name: string, usedBeforeMs: number): Promise<void> {
  await mkdir(join(folder, name));
  await writeFile(join(folder, name, "initramfs.cpio"), "");
  const usedAt = new Date(NOW_MS - usedBeforeMs);
  await utimes(join(folder, name), usedAt, usedAt);
}

async function pruned(): Promise<string[]> {
  await pruneImages(folder, NOW_MS);
  return (await readdir(folder)).sort();
}

describe("pruneImages()", () => {
  test("keeps the six images that were used last", async () => {
    for (let index = 1; index <= 9; index++) await putImage(`image${index}`, (10 - index) * HOUR_MS);
    expect(await pruned()).toEqual(["image4", "image5", "image6", "image7", "image8", "image9"]);
  });

  test("keeps every image that was used within the hour", async () => {
    for (let index = 1; index <= 8; index++) await putImage(`image${index}`, HOUR_MS - index);
    expect(await pruned()).toHaveLength(8);
  });

  test("removes the drafts of builds that died, and leaves those of builds under way", async () => {
    await putImage("draft-dead", HOUR_MS);
    await putImage("draft-alive", HOUR_MS - 1);
    await putImage("image", 100 * HOUR_MS);
    expect(await pruned()).toEqual(["draft-alive", "image"]);
  });

  test("finds nothing to do in an empty folder", async () => {
    expect(await pruned()).toEqual([]);
  });
});
