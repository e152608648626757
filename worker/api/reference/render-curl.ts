import type { ApiDocument } from "../document/create-document.ts";
import { createExample } from "./create-example.ts";
import { findBodySchema } from "./find-body-schema.ts";
import type { ListedOperation, Operation } from "./list-operations.ts";

const CREDENTIAL_VARIABLES: Readonly<Record<string, string>> = {
  apiToken: "$API_TOKEN",
  orgToken: "$ORG_TOKEN",
  adminToken: "$ADMIN_TOKEN",
  enrolmentToken: "$ENROLMENT_TOKEN",
  hostToken: "$HOST_TOKEN",
};

/** The call as a shell command. */
export function renderCurl(document: ApiDocument, { method, path, operation }: ListedOperation): string {
  const origin = document.servers?.[0]?.url ?? "";
  const lines = [
    `curl ${method === "get" ? "" : `-X ${method.toUpperCase()} `}${origin}${fill(document, path, operation)}`,
  ];
  const credential = Object.keys(operation.security?.[0] ?? {})[0];
  if (credential !== undefined) {
    lines.push(`-H "authorization: Bearer ${CREDENTIAL_VARIABLES[credential]}"`);
  }
  const body = findBodySchema(operation);
  if (body !== undefined) lines.push(`-d '${JSON.stringify(createExample(document, body))}'`);
  return lines.join(" \\\n  ");
}

function fill(document: ApiDocument, path: string, operation: Operation): string {
  return path.replaceAll(/\{(\w+)\}/g, (braces, name: string) => {
    const parameter = operation.parameters?.find((one) => "name" in one && one.name === name);
    if (parameter === undefined || !("schema" in parameter) || parameter.schema === undefined) return braces;
    return String(createExample(document, parameter.schema));
  });
}
