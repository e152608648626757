import type { ApiDocument } from "../document/create-document.ts";
import { describeType } from "./describe-type.ts";
import type { Schema } from "./list-operations.ts";
import { resolveSchema } from "./resolve-schema.ts";

/** One row of a table of members. */
export interface Member {
  /** Dotted, with `[]` for a list's entries: `guests[].sandbox_id`. */
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly description: string;
}

/** Every member of a schema, or of each entry where it is a list. */
export function describeMembers(document: ApiDocument, schema: Schema, prefix = ""): Member[] {
  const plain = resolveSchema(document, schema);
  const { properties = {}, required = [], anyOf, items } = plain;
  if (anyOf?.[0] !== undefined) return describeMembers(document, anyOf[0], prefix);
  if (items !== undefined && !Array.isArray(items)) {
    return describeMembers(document, items as Schema, prefix === "" ? "" : `${prefix}[]`);
  }
  return Object.entries(properties).flatMap(([key, part]) => {
    const name = prefix === "" ? key : `${prefix}.${key}`;
    const { description = "" } = resolveSchema(document, part);
    return [
      { name, type: describeType(document, part), required: required.includes(key), description },
      ...describeMembers(document, part, name),
    ];
  });
}
