import type { ApiDocument } from "../document/create-document.ts";
import type { Schema } from "./list-operations.ts";
import { resolveSchema } from "./resolve-schema.ts";

/**
 * A value that fits the schema: its example, else its default, else the examples of its parts. Optional members without
 * a default are left out.
 */
export function createExample(document: ApiDocument, schema: Schema): unknown {
  const plain = resolveSchema(document, schema);
  const { example, default: preset, enum: choices, anyOf, items, type, properties = {} } = plain;
  if (example !== undefined) return example;
  if (preset !== undefined) return preset;
  if (choices !== undefined) return choices[0];
  if (anyOf?.[0] !== undefined) return createExample(document, anyOf[0]);
  if (items !== undefined && !Array.isArray(items)) return [createExample(document, items as Schema)];
  if (type === "string") return "…";
  if (type === "integer" || type === "number") return plain.minimum ?? 1;
  if (type === "boolean") return true;
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([name, part]) => isShown(document, plain.required, name, part))
      .map(([name, part]) => [name, createExample(document, part)]),
  );
}

function isShown(
  document: ApiDocument,
  required: readonly string[] = [],
  name: string,
  part: Schema,
): boolean {
  return required.includes(name) || resolveSchema(document, part).default !== undefined;
}
