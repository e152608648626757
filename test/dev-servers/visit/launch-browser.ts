import type { Browser } from "playwright-core";
import { chromium } from "playwright-core";

const EXECUTABLE = "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface BrowserTarget {
  /** Its names, at port 443, lead to this loopback port; no other name resolves. */
  readonly domain: string;
  readonly port: number;
  readonly keyHash: string;
}

/** Debian's Chromium, without a window. */
export function launchBrowser({ domain, port, keyHash }: BrowserTarget): Promise<Browser> {
  const rules = `MAP *.${domain}:443 127.0.0.1:${port}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`;
  const args = [
    ...FLAGS,
    `--host-resolver-rules=${rules}`,
    `--ignore-certificate-errors-spki-list=${keyHash}`,
  ];
  return chromium.launch({ executablePath: EXECUTABLE, args });
}
