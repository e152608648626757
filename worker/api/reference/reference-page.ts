import { html, raw } from "hono/html";
import type { ApiDocument } from "../document/create-document.ts";
import type { Html } from "./html.ts";
import type { ListedOperation } from "./list-operations.ts";
import { listOperations } from "./list-operations.ts";
import { renderCall } from "./render-call.ts";
import { renderText } from "./render-text.ts";
import { STYLE } from "./style.ts";

/** The document for people: one page without script that loads nothing. */
export function referencePage(document: ApiDocument): Html {
  const operations = listOperations(document);
  const groups = (document.tags ?? []).map(({ name, description = "" }) => ({
    name,
    description,
    operations: operations.filter(({ operation }) => operation.tags?.includes(name)),
  }));
  const { title, description = "" } = document.info;
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${title}</title>
<style>${raw(STYLE)}</style>
<a class="skip" href="#calls">To the calls</a>
<div class="frame">
<nav aria-label="Calls" tabindex="0"><details><summary>Calls</summary>${groups.map(renderGroupLinks)}</details></nav>
<main id="calls">
<h1>${title}</h1>
<div class="lead">${renderText(description)}</div>
${groups.map(
  (group) => html`<section aria-label="${group.name}">
<h2 id="${group.name}">${group.name}</h2>
<p>${group.description}</p>
${group.operations.map((listed) => renderCall(document, listed))}
</section>`,
)}
<footer>Made from <a href="/openapi.json">openapi.json</a>, OpenAPI ${document.openapi}.</footer>
</main>
</div>
</html>
`;
}

function renderGroupLinks(group: { name: string; operations: readonly ListedOperation[] }): Html {
  return html`<h2>${group.name}</h2><ul>${group.operations.map(
    ({ method, operation }) =>
      html`<li><a href="#${operation.operationId}"><span class="method ${method}">${method.toUpperCase()}</span>${operation.summary}</a></li>`,
  )}</ul>`;
}
