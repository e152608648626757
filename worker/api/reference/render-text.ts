import { html } from "hono/html";
import type { Html } from "./reference-page.ts";

/** The document's Markdown as far as it uses it: paragraphs, and code between backticks. */
export function renderText(text: string): Html[] {
  return text.split("\n\n").map((paragraph) => html`<p>${renderLine(paragraph)}</p>`);
}

export function renderLine(text: string): (Html | string)[] {
  return text.split("`").map((part, index) => (index % 2 === 0 ? part : html`<code>${part}</code>`));
}
