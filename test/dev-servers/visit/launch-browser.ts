import type { Browser } from "playwright-core";
import { launchChromium } from "../../support/browser/launch-chromium.ts";

export interface BrowserTarget {
  /** Its names, at port 443, lead to this loopback port; no other name resolves. */
  readonly domain: string;
  readonly port: number;
  readonly keyHash: string;
}

/** Debian's Chromium, without a window. */
export function launchBrowser({ domain, port, keyHash }: BrowserTarget): Promise<Browser> {
  const rules = `MAP *.${domain}:443 127.0.0.1:${port}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`;
  return launchChromium([
    `--host-resolver-rules=${rules}`,
    `--ignore-certificate-errors-spki-list=${keyHash}`,
  ]);
}
