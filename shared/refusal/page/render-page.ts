import { escapeHtml } from "./escape-html.ts";
import type { InlineText } from "./inline-text.ts";
import { PAGE_STYLE } from "./page-style.ts";

/** What one of our pages consists of. */
export interface PageParts {
  readonly title: string;
  /** One short line above the title: `502 · Port 3000`. */
  readonly eyebrow: string;
  /** HTML between title and footer. */
  readonly content: string;
  /** HTML of the footer. */
  readonly footer: string;
  /** Without scripts the page reloads after this time. Browsers ignore it at a URL with a fragment. */
  readonly refreshS?: number;
  /** Besides the style of all pages. */
  readonly styles?: readonly InlineText[];
  readonly scripts?: readonly InlineText[];
  /** The page's script may fetch from the page's own origin. */
  readonly mayFetch?: boolean;
}

export interface RenderedPage {
  readonly html: string;
  readonly contentSecurityPolicy: string;
}

/**
 * Renders a page that loads nothing: style and scripts are inline and allowed by their hashes, and the empty icon keeps
 * the browser from asking for `/favicon.ico`, which would spend a permit.
 *
 * The policy has no `frame-ancestors`: in a link's frame the embedding page's visitor must see why the app is missing.
 */
export function renderPage(parts: PageParts): RenderedPage {
  const { title, eyebrow, content, footer, refreshS, scripts = [], mayFetch = false } = parts;
  const styles = [PAGE_STYLE, ...(parts.styles ?? [])];
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
${refreshS === undefined ? "" : `<noscript><meta http-equiv="refresh" content="${refreshS}"></noscript>\n`}${styles.map(({ text }) => `<style>${text}</style>\n`).join("")}</head>
<body>
<main>
<p class="eyebrow">${escapeHtml(eyebrow)}</p>
<h1>${escapeHtml(title)}</h1>
${content}<footer>
${footer}</footer>
</main>
${scripts.map(({ text }) => `<script>${text}</script>\n`).join("")}</body>
</html>
`;
  return { html, contentSecurityPolicy: securityPolicy(styles, scripts, mayFetch) };
}

function securityPolicy(
  styles: readonly InlineText[],
  scripts: readonly InlineText[],
  mayFetch: boolean,
): string {
  let policy = `default-src 'none'; style-src ${hashes(styles)}`;
  if (scripts.length > 0) policy += `; script-src ${hashes(scripts)}`;
  if (mayFetch) policy += "; connect-src 'self'";
  return `${policy}; img-src data:; base-uri 'none'; form-action 'none'`;
}

function hashes(texts: readonly InlineText[]): string {
  return texts.map(({ sha256 }) => `'sha256-${sha256}'`).join(" ");
}
