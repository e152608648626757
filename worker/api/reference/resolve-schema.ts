import type { ApiDocument } from "../document/create-document.ts";
import type { Schema } from "./list-operations.ts";

/** A schema that is not a reference. */
export type PlainSchema = Exclude<Schema, { $ref: string }>;

/** Follows a reference. Every reference to a schema leads into the document's own schemas. */
export function resolveSchema(document: ApiDocument, schema: Schema): PlainSchema {
  if (!("$ref" in schema) || schema.$ref === undefined) return schema as PlainSchema;
  const name = schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1);
  return resolveSchema(document, document.components?.schemas?.[name] ?? {});
}
