import { BoundedMap } from "../../../../shared/bounded-map.ts";
import { INTERNAL_HEADER_PREFIX } from "../../../../shared/protocol/headers.ts";
import { copyText } from "../copy-text.ts";
import type { RequestRule, ResponseRule } from "./field-rules.ts";
import { FIELD_RULES, FORWARDING_PREFIXES } from "./field-rules.ts";

/** A field's name, with its rule in either direction. */
export interface FieldName {
  readonly lower: string;
  readonly inRequest: RequestRule;
  readonly inResponse: ResponseRule;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** More than all names in common use. The name that was added first makes room, so junk keeps none out for long. */
const MAX_REMEMBERED = 2048;
/** Longer than any name in common use; with the number above it bounds the memory to 256 KiB and the entries. */
const MAX_REMEMBERED_LENGTH = 64;

const known = new Map<string, FieldName>(
  Array.from(FIELD_RULES, ([lower, [inRequest, inResponse]]) => [lower, { lower, inRequest, inResponse }]),
);
const lettersAndDigitsOfKnown = new Set([...known.keys()].map(lettersAndDigits));
const PREFIXES = [INTERNAL_HEADER_PREFIX, ...FORWARDING_PREFIXES];
const remembered = new BoundedMap<string, FieldName>(MAX_REMEMBERED);

/**
 * Finds what is known about a field by the name as it was sent, in any case.
 *
 * @returns `undefined` where the name is no token (RFC 9110, section 5.6.2)
 */
export function findFieldName(raw: string): FieldName | undefined {
  return remembered.get(raw) ?? read(raw);
}

function read(raw: string): FieldName | undefined {
  if (!TOKEN.test(raw)) return undefined;
  if (raw.length > MAX_REMEMBERED_LENGTH) return classify(raw.toLowerCase());
  const copy = copyText(raw);
  const name = classify(copy.toLowerCase());
  remembered.set(copy, name);
  return name;
}

/**
 * A name that only resembles one with a rule is dropped in both directions: CGI, WSGI and others read `content_length`,
 * `transfer$encoding` or `transfer---encoding` as the name without the odd characters.
 */
function classify(lower: string): FieldName {
  const name = known.get(lower);
  if (name !== undefined) return name;
  if (startsWithAny(lower, FORWARDING_PREFIXES)) return { lower, inRequest: "drop", inResponse: "pass" };
  const isLookAlike =
    lettersAndDigitsOfKnown.has(lettersAndDigits(lower)) || startsWithAny(withSingleDashes(lower), PREFIXES);
  const rule = isLookAlike ? "drop" : "pass";
  return { lower, inRequest: rule, inResponse: rule };
}

function lettersAndDigits(lower: string): string {
  return lower.replaceAll(/[^a-z0-9]/g, "");
}

/** Without other characters than letters, digits and single dashes between them. */
function withSingleDashes(lower: string): string {
  const dashed = lower.replaceAll(/[^a-z0-9]+/g, "-");
  return dashed.startsWith("-") ? dashed.slice(1) : dashed;
}

function startsWithAny(name: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => name.startsWith(prefix));
}
