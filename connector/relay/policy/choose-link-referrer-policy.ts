import type { FieldLine } from "../http1/fields/field-line.ts";
import { MAX_REWRITTEN_LENGTH } from "./max-rewritten-length.ts";

const SAME_ORIGIN = "same-origin";
const NO_REFERRER = "no-referrer";

/**
 * Chooses the one `Referrer-Policy` of a response under a link, whose hostname is a secret: any policy but these two
 * sends it to other sites.
 *
 * `no-referrer` only where the app chose it: browsers then send `Origin: null`, which frameworks refuse. Of several
 * values a browser takes the last one that it knows, so all must be safe. What a page itself says, by
 * `<meta name="referrer">` or a `referrerpolicy` attribute, overrules the field, and the relay reads no bodies.
 */
export function chooseLinkReferrerPolicy(fields: readonly FieldLine[]): string {
  let chosen = SAME_ORIGIN;
  for (const { name, value } of fields) {
    if (name.inResponse !== "referrerPolicy") continue;
    if (value.length > MAX_REWRITTEN_LENGTH) return SAME_ORIGIN;
    for (const item of value.toLowerCase().split(",")) {
      const policy = item.trim();
      if (policy !== SAME_ORIGIN && policy !== NO_REFERRER) return SAME_ORIGIN;
      chosen = policy;
    }
  }
  return chosen;
}
