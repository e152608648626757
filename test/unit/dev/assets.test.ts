import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { ASSETS_FOLDER } from "../../../dev/assets/assets-folder.ts";

const MAX_DASHBOARD_GZIP_BYTES = 60 * 1024;

test("the dashboard has at most 60 KiB, compressed, and nothing inline or from elsewhere", () => {
  const folder = join(ASSETS_FOLDER, "dashboard");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  const sizes = files.map((file) => gzipSync(readFileSync(join(file.parentPath, file.name))).length);
  expect(sizes.length).toBeGreaterThanOrEqual(3);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(MAX_DASHBOARD_GZIP_BYTES);
  const page = readFileSync(join(folder, "index.html"), "utf8");
  expect(page).not.toMatch(/<style|<script(?![^>]*\ssrc=")|\son\w+=|\sstyle=/);
  expect(Array.from(page.matchAll(/(?:src|href)="([^"]+)"/g), ([, target]) => target)).toEqual([
    "data:,",
    expect.stringMatching(/^\/dashboard\/assets\/[\w.-]+\.js$/),
    expect.stringMatching(/^\/dashboard\/assets\/[\w.-]+\.css$/),
  ]);
});
