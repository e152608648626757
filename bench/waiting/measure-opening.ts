import { setTimeout } from "node:timers/promises";
import type { Page } from "playwright-core";
import { WAIT_HEADER } from "../../shared/protocol/headers.ts";
import type { AgentGuest } from "./agent-guest.ts";

/** The moment of the opening must not fall together with the agent's and the connector's intervals. */
const MIN_WAIT_MS = 200;
const MAX_WAIT_MS = 700;

const FRAGMENT = "#/a/deep/link";

/**
 * Opens a port's URL in a browser while nothing listens, and then the port.
 *
 * @returns milliseconds from the moment at which the app listened to the moment at which it was on the screen
 * @throws {Error} where the app does not appear, or the URL's fragment is lost
 */
export async function measureOpening(
  page: Page,
  url: string,
  guest: AgentGuest,
  port: number,
): Promise<number> {
  const waits = page.waitForResponse((response) => response.headers()[WAIT_HEADER] === "1");
  await page.goto(url + FRAGMENT);
  await waits;
  await setTimeout(MIN_WAIT_MS + Math.random() * (MAX_WAIT_MS - MIN_WAIT_MS));
  const openedAtMs = await guest.openPort(port);
  const shown = await page
    .waitForFunction(() => (window as { shownAtMs?: number }).shownAtMs)
    .catch(async (error: unknown) => {
      throw new Error(`the page shows ${JSON.stringify(await page.title())}`, { cause: error });
    });
  const shownAtMs = (await shown.jsonValue()) as number;
  const { hash } = new URL(page.url());
  await page.goto("about:blank");
  await guest.closePort();
  if (hash !== FRAGMENT) throw new Error(`the fragment is ${JSON.stringify(hash)} after the reload`);
  return shownAtMs - openedAtMs;
}
