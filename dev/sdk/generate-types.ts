import { writeFile } from "node:fs/promises";
import { compile } from "json-schema-to-typescript";
import { REFERENCE_ASSETS } from "../../worker/assets/asset-paths.ts";
import { renderReference } from "../assets/render-reference.ts";

export const TYPES_PATH = "sdk/typescript/src/api/types.ts";

/** The schemas of the document that the SDK uses, and what it calls them. */
const COMPONENTS = {
  Sandbox: "SandboxInfo",
  PreviewToken: "PreviewToken",
  Problem: "Problem",
  LoggedRequest: "LoggedRequest",
  RequestDetail: "RequestDetail",
};

const BODIES: Readonly<Record<string, string>> = {
  createSandbox: "CreateSandboxBody",
  createPreviewToken: "CreatePreviewTokenBody",
  replayRequest: "ReplayOverrides",
};

interface Operation {
  readonly operationId: string;
  readonly requestBody?: { readonly content: Record<string, { readonly schema: object }> };
}

interface Document {
  readonly components: { readonly schemas: Record<string, object> };
  readonly paths: Record<string, Record<string, Operation>>;
}

/** The SDK's types of requests and responses, from the OpenAPI document of the API. */
export async function generateTypes(): Promise<string> {
  const document = await readDocument();
  const operations = Object.values(document.paths).flatMap((item) => Object.values(item));
  const definitions: Record<string, object> = {};
  for (const [component, name] of Object.entries(COMPONENTS)) {
    definitions[name] = { ...document.components.schemas[component], title: name };
  }
  for (const { operationId, requestBody } of operations) {
    const name = BODIES[operationId];
    if (name === undefined) continue;
    definitions[name] = { ...requestBody?.content["application/json"]?.schema, title: name };
  }
  const text = JSON.stringify({ definitions }, openCodes).replaceAll(
    "#/components/schemas/",
    "#/definitions/",
  );
  const types = await compile(JSON.parse(text), "Unused", {
    bannerComment:
      "// Generated from the API's OpenAPI document by dev/sdk/generate-types.ts: `npm run generate:sdk`.",
    unreachableDefinitions: true,
    additionalProperties: false,
    ignoreMinAndMaxItems: true,
    style: { printWidth: 110 },
  });
  return types
    .replace(/export interface Unused \{[^}]*\}\n/, "")
    .replaceAll(/( \*\n)? \* This interface was referenced by [^\n]*\n \* via [^\n]*\n/g, "")
    .replaceAll("/**\n */\n", "");
}

/** A later API has further codes of refusals, so a client cannot rely on the list. */
function openCodes(key: string, value: unknown): unknown {
  return key === "code" ? { ...(value as object), enum: undefined } : value;
}

async function readDocument(): Promise<Document> {
  const files = await renderReference();
  return JSON.parse(files[REFERENCE_ASSETS.document] ?? "") as Document;
}

if (import.meta.main) await writeFile(TYPES_PATH, await generateTypes());
