import type { ApiDocument } from "../document/create-document.ts";
import type { Schema } from "./list-operations.ts";
import type { PlainSchema } from "./resolve-schema.ts";
import { resolveSchema } from "./resolve-schema.ts";

/** A type in words: `integer 1–65535, default 3000`. */
export function describeType(document: ApiDocument, schema: Schema): string {
  const plain = resolveSchema(document, schema);
  const { items, anyOf, enum: choices, default: preset } = plain;
  if (anyOf !== undefined) return anyOf.map((one) => describeType(document, one)).join(" or ");
  if (items !== undefined && !Array.isArray(items)) {
    const bounds = describeBounds(plain.minItems, plain.maxItems, " entries");
    return `list of ${describeType(document, items as Schema)}${bounds}${orNull(plain)}`;
  }
  const type =
    choices === undefined
      ? (plain.format ?? [plain.type].flat().join(" or "))
      : choices.map(String).join(" or ");
  return `${type}${describeRange(plain)}${preset === undefined ? "" : `, default ${String(preset)}`}`;
}

function orNull({ type }: PlainSchema): string {
  return Array.isArray(type) && type.includes("null") ? ", or null" : "";
}

function describeRange({
  minimum,
  maximum,
  exclusiveMinimum,
  minLength,
  maxLength,
  pattern,
}: PlainSchema): string {
  if (pattern !== undefined) return ` matching ${pattern.replaceAll("\\/", "/")}`;
  if (exclusiveMinimum !== undefined)
    return ` above ${exclusiveMinimum}${maximum === undefined ? "" : `, at most ${maximum}`}`;
  return describeBounds(minimum, maximum, "") + describeBounds(minLength, maxLength, " characters");
}

function describeBounds(least: number | undefined, most: number | undefined, unit: string): string {
  if (least !== undefined && least === most) return `, ${least}${unit}`;
  if (least !== undefined && most !== undefined) return `${unit === "" ? "" : ","} ${least}–${most}${unit}`;
  if (most !== undefined) return `, at most ${most}${unit}`;
  return least === undefined ? "" : `, at least ${least}${unit}`;
}
