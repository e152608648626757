import type { Refusal, RefusalCode } from "./refusal.ts";
import { REFUSALS } from "./refusal.ts";
import type { RefusalRequest } from "./refusal-request.ts";

/** Codes after which the app may become reachable: the page reloads in this many seconds. */
const RELOAD_AFTER_S: Partial<Record<RefusalCode, number>> = {
  port_closed: 3,
  guest_unreachable: 5,
  draining: 3,
  host_unreachable: 15,
};

const STYLE = `
:root{color-scheme:light dark;--ink:#1c2024;--soft:#60646c;--line:#e0e1e6;--paper:#fcfcfd;--card:#fff;--mark:#3e63dd}
@media(prefers-color-scheme:dark){:root{--ink:#edeef0;--soft:#b0b4ba;--line:#2e3135;--paper:#111113;--card:#18191b;--mark:#9eb1ff}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:2rem;background:var(--paper);color:var(--ink);font:16px/1.6 system-ui,-apple-system,"Segoe UI",sans-serif}
main{width:100%;max-width:34rem;padding:2.25rem 2.5rem;border:1px solid var(--line);border-radius:14px;background:var(--card)}
.status{margin:0;color:var(--mark);font:600 .8rem/1 ui-monospace,monospace;letter-spacing:.06em}
h1{margin:.7rem 0 .4rem;font-size:1.5rem;line-height:1.25;letter-spacing:-.01em}
p{margin:.4rem 0;color:var(--soft)}
ul{list-style:none;display:flex;flex-wrap:wrap;gap:.5rem;margin:.8rem 0 0;padding:0}
a{display:block;padding:.3rem .75rem;border:1px solid var(--line);border-radius:99px;color:var(--mark);text-decoration:none;font:500 .9rem/1.4 ui-monospace,monospace}
footer a{display:inline;padding:0;border:0;border-radius:0;font:inherit;text-decoration:underline}
a:hover,a:focus-visible{border-color:var(--mark)}
.wait{display:flex;align-items:center;gap:.6rem;margin-top:1.1rem}
.wait::before{content:"";width:.55rem;height:.55rem;border-radius:50%;background:var(--mark);animation:pulse 1.4s ease-in-out infinite}
@keyframes pulse{50%{opacity:.2}}
@media(prefers-reduced-motion:reduce){.wait::before{animation:none}}
footer{margin-top:1.6rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--soft);font:.75rem/1.5 ui-monospace,monospace;overflow-wrap:anywhere}
`;

/** The page a person sees in place of the app. It holds no script and loads nothing. */
export function refusalPage(refusal: Refusal, request: RefusalRequest): string {
  const { status, title, detail } = REFUSALS[refusal.code];
  const reloadS = RELOAD_AFTER_S[refusal.code];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex">
${reloadS === undefined ? "" : `<meta http-equiv="refresh" content="${reloadS}">\n`}<title>${title}</title>
<style>${STYLE}</style>
<main>
<p class="status">${status}</p>
<h1>${title}</h1>
<p>${escapeHtml(refusal.detail ?? detail)}</p>
${openPorts(refusal, request)}${waiting(refusal, reloadS)}<footer>${refusal.code} · ${escapeHtml(request.requestId)}${reportLink(request)}</footer>
</main>
</html>
`;
}

function openPorts(refusal: Refusal, request: RefusalRequest): string {
  const ports = refusal.openPorts ?? [];
  if (ports.length === 0) return "";
  const items = ports.map((port) => {
    const url = siblingUrl(port, request);
    return url === undefined ? `<li>${port}</li>` : `<li><a href="${escapeHtml(url)}">${port}</a></li>`;
  });
  return `<p>Servers listen on these ports:</p>\n<ul>${items.join("")}</ul>\n`;
}

function siblingUrl(port: number, { publicHost, scheme }: RefusalRequest): string | undefined {
  if (publicHost === undefined || !/^\d+-/.test(publicHost)) return undefined;
  return `${scheme ?? "https"}://${publicHost.replace(/^\d+/, String(port))}/`;
}

function waiting(refusal: Refusal, reloadS: number | undefined): string {
  if (reloadS !== undefined) return `<p class="wait">Waiting for it; this page reloads by itself.</p>\n`;
  if (refusal.retryAfterS === undefined) return "";
  return `<p class="wait">Try again in ${refusal.retryAfterS} s.</p>\n`;
}

function reportLink({ abuseContact }: RefusalRequest): string {
  if (abuseContact === undefined) return "";
  const href = abuseContact.startsWith("https://") ? abuseContact : `mailto:${abuseContact}`;
  return ` · <a href="${escapeHtml(href)}">Report this preview</a>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
