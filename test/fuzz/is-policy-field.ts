import { findFieldName } from "../../connector/relay/http1/fields/field-name.ts";

/** Added by the relay; an app's own stays beside it. */
const ADDED = "x-robots-tag";

/**
 * Whether the header policy drops, sets or rewrites a field, so that it may differ: the mutator makes any name out of any
 * other. Which names these are is tested in `fields/field-name.test.ts` and by the conformance suite.
 */
export function isPolicyField(name: string, direction: "request" | "response"): boolean {
  const known = findFieldName(name);
  if (known === undefined || name === ADDED) return true;
  const rule = direction === "request" ? known.inRequest : known.inResponse;
  return rule !== "pass";
}
