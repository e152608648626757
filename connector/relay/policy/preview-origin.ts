import { parsePort } from "../../../shared/port.ts";
import type { Destination } from "../destination.ts";

/** An origin on the guest's own loopback, as its app writes it. The last part refuses a longer, other host. */
const LOCAL_ORIGIN =
  /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0)(?::([0-9]{1,5}))?(?=[/?#]|$)/i;

/**
 * Finds the port of this sandbox that a public origin leads to.
 *
 * A link hides its sandbox, so only the link's own origin belongs to it.
 *
 * @param origin `scheme://host[:port]`
 */
export function findPreviewPort(origin: string, destination: Destination): number | undefined {
  const { publicHost, proto } = destination;
  const scheme = `${proto}://`;
  const lower = origin.toLowerCase();
  if (!lower.startsWith(scheme)) return undefined;
  const host = lower.slice(scheme.length);
  if (host === publicHost) return destination.upstream.port;
  const dash = publicHost.indexOf("-");
  if (destination.link !== undefined || dash === -1 || !host.endsWith(publicHost.slice(dash)))
    return undefined;
  return parsePort(host.slice(0, host.length - publicHost.length + dash));
}

/** The public origin of a port of this sandbox; `undefined` for another port than a link's own, which a link hides. */
export function publicOrigin(
  port: number,
  { publicHost, proto, upstream, link }: Destination,
): string | undefined {
  if (port === upstream.port) return `${proto}://${publicHost}`;
  const dash = publicHost.indexOf("-");
  return link || dash === -1 ? undefined : `${proto}://${port}${publicHost.slice(dash)}`;
}

/** Replaces this preview's origin at the start of `url` by the app's local one; other URLs stay as they are. */
export function toLocalUrl(url: string, destination: Destination): string {
  const end = originEnd(url);
  const port = findPreviewPort(url.slice(0, end), destination);
  return port === undefined ? url : `http://localhost:${port}${url.slice(end)}`;
}

/** Replaces the app's local origin at the start of `url` by the public one; other URLs stay as they are. */
export function toPublicUrl(url: string, destination: Destination): string {
  const [local, portText] = LOCAL_ORIGIN.exec(url) ?? [];
  if (local === undefined) return url;
  const port = portText === undefined ? defaultPort(local) : parsePort(portText);
  const origin = port && publicOrigin(port, destination);
  return origin ? origin + url.slice(local.length) : url;
}

function defaultPort(origin: string): number {
  return origin.toLowerCase().startsWith("https") ? 443 : 80;
}

function originEnd(url: string): number {
  const end = url.slice(url.indexOf("://") + 3).search(/[/?#]/);
  return end === -1 ? url.length : url.indexOf("://") + 3 + end;
}
