import type { ApiDocument } from "../document/create-document.ts";
import type { ListedOperation, Schema } from "./list-operations.ts";
import { resolveSchema } from "./list-operations.ts";

const CREDENTIAL_VARIABLES: Readonly<Record<string, string>> = {
  apiToken: "$API_TOKEN",
  adminToken: "$ADMIN_TOKEN",
  hostToken: "$HOST_TOKEN",
};

/** A value that fits the schema: its example, else its default, else the examples of its parts. Optional members are left out. */
export function exampleOf(document: ApiDocument, schema: Schema): unknown {
  const plain = resolveSchema(document, schema);
  const { example, default: preset, enum: choices, anyOf, items, type, properties = {} } = plain;
  if (example !== undefined) return example;
  if (preset !== undefined) return preset;
  if (choices !== undefined) return choices[0];
  if (anyOf?.[0] !== undefined) return exampleOf(document, anyOf[0]);
  if (items !== undefined && !Array.isArray(items)) return [exampleOf(document, items as Schema)];
  if (type === "string") return "…";
  if (type === "integer" || type === "number") return plain.minimum ?? 1;
  if (type === "boolean") return true;
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([name, part]) => isShown(document, plain.required, name, part))
      .map(([name, part]) => [name, exampleOf(document, part)]),
  );
}

/** The call as a shell command. */
export function curlOf(document: ApiDocument, { method, path, operation }: ListedOperation): string {
  const origin = document.servers?.[0]?.url ?? "";
  const lines = [
    `curl ${method === "get" ? "" : `-X ${method.toUpperCase()} `}${origin}${fill(document, path, operation)}`,
  ];
  const credential = Object.keys(operation.security?.[0] ?? {})[0];
  if (credential !== undefined) {
    lines.push(`-H "authorization: Bearer ${CREDENTIAL_VARIABLES[credential]}"`);
  }
  const body = operation.requestBody !== undefined && bodySchema(operation);
  if (body) lines.push(`-d '${JSON.stringify(exampleOf(document, body))}'`);
  return lines.join(" \\\n  ");
}

export function bodySchema({ requestBody }: ListedOperation["operation"]): Schema | undefined {
  if (requestBody === undefined || "$ref" in requestBody) return undefined;
  return requestBody.content["application/json"]?.schema;
}

function fill(document: ApiDocument, path: string, operation: ListedOperation["operation"]): string {
  return path.replaceAll(/\{(\w+)\}/g, (braces, name: string) => {
    const parameter = operation.parameters?.find((one) => "name" in one && one.name === name);
    if (parameter === undefined || !("schema" in parameter) || parameter.schema === undefined) return braces;
    return String(exampleOf(document, parameter.schema));
  });
}

function isShown(
  document: ApiDocument,
  required: readonly string[] = [],
  name: string,
  part: Schema,
): boolean {
  return required.includes(name) || resolveSchema(document, part).default !== undefined;
}
