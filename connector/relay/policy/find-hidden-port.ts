import type { Destination } from "../destination.ts";
import type { ResponseHead } from "../http1/parse-response-head.ts";
import { findLocalPort } from "./preview-origin.ts";

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Finds the other port to which the app redirects a link's visitor. A link hides its sandbox, so the relay knows no
 * public address for it, and the browser would go to the visitor's own `localhost`.
 */
export function findHiddenPort(
  { status, fields }: ResponseHead,
  destination: Destination,
): number | undefined {
  if (!REDIRECTS.has(status)) return undefined;
  for (const { name, value } of fields) {
    if (name.lower !== "location") continue;
    const port = findLocalPort(value);
    if (port !== undefined && port !== destination.upstream.port) return port;
  }
  return undefined;
}
