import type { Page } from "playwright-core";

/** Writes an image of the documentation, only where `UPDATE_IMAGES` is set: a test run leaves the files as they are. */
export async function keepImage(page: Page, name: string): Promise<void> {
  if (process.env.UPDATE_IMAGES !== undefined) await page.screenshot({ path: `docs/images/${name}.png` });
}
