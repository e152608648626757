import type { InlineText } from "./inline-text.ts";

/** What the page that waits for a port has besides the style of all pages. */
export const WAITING_STYLE: InlineText = {
  sha256: "qLvSwfjP5qF79SMhYvEOZ6gYh5H7jNvY0RclzrTtBZo=",
  text: `
.room,noscript{display:block;margin:1.25rem 0}
.room .wait{margin:0 0 .75rem}
.time{display:flex;align-items:center;gap:.85rem;margin:0;color:var(--soft);font-size:.875rem}
.time [role=timer]{min-width:2.6em;text-align:right}
progress{flex:1;min-width:0;height:.375rem;appearance:none;border:0;border-radius:99px;overflow:hidden;background:var(--line)}
progress::-webkit-progress-bar{background:var(--line)}
progress::-webkit-progress-value{border-radius:99px;background:var(--mark)}
progress::-moz-progress-bar{border-radius:99px;background:var(--mark)}
.actions button{padding:.5rem 1.1rem;border:0;border-radius:9px;background:var(--mark);color:var(--on-mark);font:inherit;font-weight:600;font-size:.9375rem;cursor:pointer}
.actions button:hover{text-decoration:underline}
`,
};
