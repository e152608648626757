import { html } from "hono/html";
import type { Html } from "./html.ts";

/** Renders the Markdown that the document uses: paragraphs, and code between backticks. */
export function renderText(text: string): Html[] {
  return text.split("\n\n").map((paragraph) => html`<p>${renderLine(paragraph)}</p>`);
}

export function renderLine(text: string): (Html | string)[] {
  return text.split("`").map((part, index) => (index % 2 === 0 ? part : html`<code>${part}</code>`));
}
