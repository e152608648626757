import { html } from "hono/html";
import type { RefusalCode } from "../../../shared/refusal/refusal.ts";
import { REFUSALS } from "../../../shared/refusal/refusal.ts";
import type { ApiDocument } from "../document/create-document.ts";
import { createExample } from "./create-example.ts";
import type { Member } from "./describe-members.ts";
import { describeMembers } from "./describe-members.ts";
import { describeType } from "./describe-type.ts";
import { findBodySchema } from "./find-body-schema.ts";
import type { Html } from "./html.ts";
import type { ListedOperation, Operation, Schema } from "./list-operations.ts";
import { renderCurl } from "./render-curl.ts";
import { renderLine, renderText } from "./render-text.ts";

const CREDENTIAL_NAMES: Readonly<Record<string, string>> = {
  apiToken: "API token",
  orgToken: "org token",
  adminToken: "admin token",
  enrolmentToken: "enrolment token",
  hostToken: "host's JWT",
};

/** One call: its purpose, its request, its response and its refusals. */
export function renderCall(document: ApiDocument, listed: ListedOperation): Html {
  const { method, path, operation } = listed;
  const { operationId, summary, description } = operation;
  const body = findBodySchema(operation);
  return html`<article id="${operationId}">
<h3><a href="#${operationId}">${summary}</a></h3>
<div class="line"><span class="method ${method}">${method.toUpperCase()}</span><code>${path}</code><span class="who">${nameCredentials(operation)}</span></div>
${description === undefined ? "" : renderText(description)}
<div class="split"><div>
${renderMembers("Path", listParameters(document, operation, "path"))}
${renderMembers("Query", listParameters(document, operation, "query"))}
${body === undefined ? "" : renderMembers("Body", describeMembers(document, body))}
${renderResponse(document, operation)}
</div><div>
<h4>Call</h4><pre><code>${renderCurl(document, listed)}</code></pre>
${renderResponseExample(document, operation)}
</div></div>
${renderRefusals(operation)}
</article>
`;
}

function nameCredentials({ security = [] }: Operation): string {
  const names = security.flatMap((one) => Object.keys(one)).map((name) => CREDENTIAL_NAMES[name] ?? name);
  return names.length === 0 ? "no credential" : names.join(" or ");
}

function listParameters(document: ApiDocument, operation: Operation, place: string): Member[] {
  return (operation.parameters ?? []).flatMap((parameter) => {
    if (!("name" in parameter) || parameter.in !== place) return [];
    const { name, required = false, description = "", schema = {} } = parameter;
    return [{ name, required, description, type: describeType(document, schema) }];
  });
}

function renderMembers(title: string, members: readonly Member[]): Html | "" {
  if (members.length === 0) return "";
  return html`<h4>${title}</h4><dl>${members.map(
    ({ name, type, required, description }) =>
      html`<dt><code>${name}</code><span class="type">${type}</span>${required ? html`<span class="must">required</span>` : ""}</dt><dd>${renderLine(description)}</dd>`,
  )}</dl>`;
}

function findResponse({ responses = {} }: Operation) {
  const [status = "", response] = Object.entries(responses).find(([code]) => Number(code) < 400) ?? [];
  const content: Record<string, { schema?: Schema }> = response?.content ?? {};
  return { status, response, schema: content["application/json"]?.schema };
}

function renderResponse(document: ApiDocument, operation: Operation): Html {
  const { status, response, schema } = findResponse(operation);
  const fields = Object.entries(response?.headers ?? {}).filter(
    ([, header]) => !("$ref" in (header as object)),
  );
  const members = fields.map(([name, header]) => ({
    name,
    type: "field",
    required: false,
    description: (header as { description?: string }).description ?? "",
  }));
  return html`<h4>Response ${status}</h4><p>${renderLine(response?.description ?? "")}</p>
${renderMembers("Fields", members)}
${
  schema === undefined
    ? ""
    : renderMembers(
        "Members",
        describeMembers(document, schema).map((member) => ({ ...member, required: false })),
      )
}`;
}

function renderResponseExample(document: ApiDocument, operation: Operation): Html | "" {
  const { status, schema } = findResponse(operation);
  if (schema === undefined) return "";
  return html`<h4>Response ${status}</h4><pre><code>${JSON.stringify(createExample(document, schema), undefined, 2)}</code></pre>`;
}

function renderRefusals({ responses = {} }: Operation): Html {
  const codes = Object.values(responses as Record<string, unknown>).flatMap(findCodes);
  return html`<details class="refusals"><summary>${codes.length} refusals</summary><dl>${codes.map(
    (code) =>
      html`<dt><code>${REFUSALS[code].status}</code><code>${code}</code></dt><dd>${renderLine(REFUSALS[code].detail)}</dd>`,
  )}</dl></details>`;
}

/** The codes as `documentCall` writes them. */
function findCodes(response: unknown): RefusalCode[] {
  const { content } = response as { content?: Record<string, { schema?: { allOf?: readonly unknown[] } }> };
  const [, narrowed] = content?.["application/problem+json"]?.schema?.allOf ?? [];
  return (narrowed as { properties?: { code?: { enum?: RefusalCode[] } } })?.properties?.code?.enum ?? [];
}
