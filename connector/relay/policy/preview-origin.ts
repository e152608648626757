import { parsePort } from "../../../shared/port.ts";
import type { Destination } from "../destination.ts";

const DEFAULT_PORTS = [
  ["http://", 80],
  ["https://", 443],
] as const;
/** The guest's own loopback, as its app writes it. */
const LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]", "0.0.0.0"];
const LONGEST_LOCAL_ORIGIN = "https://localhost:65535".length;

const SLASH = 47;
const QUESTION_MARK = 63;
const HASH = 35;
const ZERO = 48;
const NINE = 57;

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
  return port === undefined ? url : localOrigin(port, destination) + url.slice(end);
}

/** Replaces the app's local origin at the start of `url` by the public one; other URLs stay as they are. */
export function toPublicUrl(url: string, destination: Destination): string {
  const local = findLocalOrigin(url);
  const origin = local && publicOrigin(local.port, destination);
  return origin ? origin + url.slice(local.length) : url;
}

/** The public origin for exactly the local one under which the app knows itself; other values stay as they are. */
export function toPublicOrigin(value: string, destination: Destination): string {
  const local = findLocalOrigin(value);
  const isExact = local?.length === value.length && value === localOrigin(local.port, destination);
  return (isExact && publicOrigin(local.port, destination)) || value;
}

/** The port of a URL that leads to the guest's own loopback. */
export function findLocalPort(url: string): number | undefined {
  return findLocalOrigin(url)?.port;
}

/** What a browser inside the guest would call the origin of a port. Only of the app's own port the scheme is known. */
function localOrigin(port: number, { upstream }: Destination): string {
  const scheme = port === upstream.port ? (upstream.scheme ?? "http") : "http";
  return `${scheme}://localhost:${port}`;
}

/** Finds an origin on the guest's own loopback at the start of a URL. */
function findLocalOrigin(url: string): { readonly length: number; readonly port: number } | undefined {
  const start = url.slice(0, LONGEST_LOCAL_ORIGIN).toLowerCase();
  const [scheme, defaultPort] = DEFAULT_PORTS.find(([prefix]) => start.startsWith(prefix)) ?? [];
  if (scheme === undefined) return undefined;
  const host = LOCAL_HOSTS.find((name) => start.startsWith(name, scheme.length));
  if (host === undefined) return undefined;
  const hostEnd = scheme.length + host.length;
  const end = url[hostEnd] === ":" ? skipDigits(start, hostEnd + 1) : hostEnd;
  // Else it is the beginning of another, longer host.
  if (end !== url.length && !isOriginEnd(url.charCodeAt(end))) return undefined;
  const port = end === hostEnd ? defaultPort : parsePort(start.slice(hostEnd + 1, end));
  return port === undefined ? undefined : { length: end, port };
}

function skipDigits(text: string, start: number): number {
  let end = start;
  while (text.charCodeAt(end) >= ZERO && text.charCodeAt(end) <= NINE) end++;
  return end;
}

function originEnd(url: string): number {
  let end = Math.max(0, url.indexOf("://")) + "://".length;
  while (end < url.length && !isOriginEnd(url.charCodeAt(end))) end++;
  return end;
}

function isOriginEnd(code: number): boolean {
  return code === SLASH || code === QUESTION_MARK || code === HASH;
}
