import { checkPort, checkSandboxId, checkText } from "./checks.ts";

const HOST = /^[a-z0-9.-]+(:[0-9]{1,5})?$/i;
const LOOPBACK = /^(127\.[0-9.]+|\[::1\]|localhost|.*\.localhost)$/;

/** Whether a hostname leads to this machine (RFC 6761, section 6.3). */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}

/** @throws {TypeError} for anything but `host` or `host:port` */
export function checkPreviewHost(previewHost: string): void {
  checkText("previewHost", previewHost, HOST, "a hostname, with a port where it needs one");
}

/**
 * What stands after `{port}-{sandboxId}.` in a preview URL: `previewHost`, else the API's host without a leading `api.`.
 *
 * @example
 * ```ts
 * previewSuffix("https://api.acme.dev")     // "acme.dev"
 * previewSuffix("http://127.0.0.1:8787")    // "localhost:8787"
 * ```
 */
export function previewSuffix(apiUrl: string, previewHost?: string): string {
  if (previewHost !== undefined) {
    checkPreviewHost(previewHost);
    return previewHost.replace(/^\.+/, "");
  }
  const { hostname, port } = new URL(apiUrl);
  const name = /^(127\.[0-9.]+|\[::1\])$/.test(hostname) ? "localhost" : hostname.replace(/^api\./, "");
  return port === "" ? name : `${name}:${port}`;
}

/**
 * The host of a port's public preview URL.
 *
 * @throws {RangeError} for a bad port, {TypeError} for a bad id
 */
export function previewHostOf(suffix: string, sandboxId: string, port: number): string {
  checkPort(port);
  checkSandboxId(sandboxId);
  return `${port}-${sandboxId}.${suffix}`;
}

/** `http` on this machine, else `https`. */
export function schemeOf(suffix: string): "http" | "https" {
  return isLoopback(suffix.replace(/:[0-9]+$/, "")) ? "http" : "https";
}
