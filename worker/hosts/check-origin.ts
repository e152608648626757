import type { Settings } from "../settings.ts";

type OriginSettings = Pick<Settings, "domains" | "apiHostnames" | "allowHttp">;

/** The URL parser writes every form of an IPv4 address like this, and IPv6 addresses in brackets. */
const ADDRESS = /^(\d+\.\d+\.\d+\.\d+|\[.*\])$/;
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Whether the edge may send requests to a host's origin: it sends passes and visitors' requests there.
 *
 * @param origin as `URL` writes it
 * @param ownOrigin of the API call that names it
 * @returns what is wrong with it: any origin must be https and a DNS name that is none of ours. Where plain http is
 *   allowed, which is for development, a loopback address on another port is right, too
 */
export function checkOrigin(origin: string, ownOrigin: string, settings: OriginSettings): string | undefined {
  const { protocol, hostname: written } = new URL(origin);
  const hostname = written.replace(/\.$/, "");
  const isLoopback = LOOPBACK.test(hostname);
  if (isLoopback && settings.allowHttp)
    return origin === ownOrigin ? "must not be the API's own address" : undefined;
  if (protocol !== "https:") return "must be https";
  if (isLoopback || hostname.endsWith(".localhost") || ADDRESS.test(hostname))
    return "must have a DNS name, not an address";
  return isOurs(hostname, settings) ? "must not be a hostname of the edge itself" : undefined;
}

function isOurs(hostname: string, { domains, apiHostnames }: OriginSettings): boolean {
  const { previewDomain, linkDomain } = domains;
  return (
    apiHostnames.has(hostname) ||
    [previewDomain, linkDomain].some((domain) => hostname === domain || hostname.endsWith(`.${domain}`))
  );
}
