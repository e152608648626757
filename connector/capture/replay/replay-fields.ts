import { findFieldName } from "../../relay/http1/fields/field-name.ts";
import type { RequestRule } from "../../relay/http1/fields/field-rules.ts";

export type Fields = readonly (readonly [name: string, value: string])[];

/** What the relay lets a visitor send and passes on without reading it. All else it sets itself, or drops. */
const CHANGEABLE: readonly RequestRule[] = ["pass", "contentType", "cookie", "origin", "referer"];

/** Written anew, from the body that is sent. */
const FRAMING = new Set(["content-length", "transfer-encoding", "connection", "upgrade", "expect"]);

/** Visible characters, spaces, tabs and bytes above ASCII: nothing that ends a line. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

const NOT_CHANGEABLE = "cannot be changed: the host sets it, drops it or frames the request by it";
const BAD_VALUE = "must have no control characters and none beyond Latin-1";

export interface FieldError {
  readonly path: string;
  readonly message: string;
}

/** @param headers new values by names in any case; `null` removes the field */
export function checkFields(headers: Readonly<Record<string, string | null>>): FieldError[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    const path = `/headers/${name.slice(0, 64).replaceAll("~", "~0").replaceAll("/", "~1")}`;
    const known = findFieldName(name);
    if (known === undefined || !CHANGEABLE.includes(known.inRequest))
      return [{ path, message: NOT_CHANGEABLE }];
    return value === null || VALUE.test(value) ? [] : [{ path, message: BAD_VALUE }];
  });
}

/** The fields without those that frame the request, each changed one in the place of its first, new ones behind them. */
export function changeFields(fields: Fields, headers: Readonly<Record<string, string | null>>): Fields {
  const changes = new Map(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), { name, value }]),
  );
  const done = new Set<string>();
  const kept = fields.flatMap(([name, value]): Fields => {
    const lower = name.toLowerCase();
    if (FRAMING.has(lower)) return [];
    const change = changes.get(lower);
    if (change === undefined) return [[name, value]];
    if (change.value === null || done.has(lower)) return [];
    done.add(lower);
    return [[name, change.value.trim()]];
  });
  const added = [...changes].flatMap(
    ([lower, { name, value }]): Fields => (value === null || done.has(lower) ? [] : [[name, value.trim()]]),
  );
  return [...kept, ...added];
}
