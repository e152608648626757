import { parsePort } from "../port.ts";

const PUBLIC_HOST = /^[0-9]{1,5}(-[0-9a-f-]{36}\..+)$/;

/**
 * Whether an `Origin` is a port of the same sandbox, by its public hostname; the origin itself included.
 *
 * A link has no siblings: it hides its sandbox.
 *
 * @param origin as browsers write it: lower case, without a path
 * @param publicHost `host[:port]` of the request, lower case
 */
export function isSiblingOrigin(origin: string, scheme: string, publicHost: string): boolean {
  const [, suffix] = PUBLIC_HOST.exec(publicHost) ?? [];
  const prefix = `${scheme}://`;
  if (suffix === undefined || !origin.startsWith(prefix) || !origin.endsWith(suffix)) return false;
  return parsePort(origin.slice(prefix.length, -suffix.length)) !== undefined;
}
