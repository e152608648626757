import type { Refusal, RefusalCode } from "../refusal.ts";
import { REFUSALS } from "../refusal.ts";
import type { RefusalRequest } from "../refusal-request.ts";
import { ADVICE } from "./advice.ts";
import { escapeHtml } from "./escape-html.ts";
import { pageFooter } from "./page-footer.ts";
import { portList } from "./port-list.ts";
import { RELOAD_SCRIPT } from "./reload-script.ts";
import type { RenderedPage } from "./render-page.ts";
import { renderPage } from "./render-page.ts";
import { unsentForm } from "./unsent-form.ts";

/** Codes after which the app may become reachable: the page reloads in this many seconds, again and again. */
const RELOAD_AFTER_S: Partial<Record<RefusalCode, number>> = {
  port_closed: 3,
  guest_unreachable: 5,
  draining: 3,
  host_unreachable: 15,
};

/** When a page reloads: each time, or once after the time in `retry-after`. */
interface Reload {
  readonly afterS: number;
  readonly mode: "always" | "once";
}

/** The page a person sees in place of the app. */
export function refusalPage(refusal: Refusal, request: RefusalRequest): RenderedPage {
  const { status, title, detail } = REFUSALS[refusal.code];
  const { visitor, owner } = ADVICE[refusal.code] ?? {};
  const { port } = request;
  const isForm = request.method !== undefined && request.method !== "GET" && request.method !== "HEAD";
  const reload = isForm ? undefined : findReload(refusal);
  const content = [
    `<p class="lead">${escapeHtml(refusal.detail ?? detail)}</p>\n`,
    visitor === undefined ? "" : `<p class="soft">${visitor}</p>\n`,
    allowedPath(refusal),
    portList(refusal.openPorts ?? [], request),
    isForm ? unsentForm(refusal.code) : "",
    reload === undefined ? "" : reloading(reload),
    owner === undefined ? "" : `<aside>\n<h2>If this is your sandbox</h2>\n<p>${owner}</p>\n</aside>\n`,
  ];
  return renderPage({
    title,
    eyebrow: port === undefined ? String(status) : `${status} · Port ${port}`,
    content: content.join(""),
    footer: pageFooter(refusal.code, request),
    ...(reload?.mode === "always" && { refreshS: reload.afterS }),
    ...((reload !== undefined || isForm) && { scripts: [RELOAD_SCRIPT] }),
  });
}

function findReload({ code, retryAfterS }: Refusal): Reload | undefined {
  const afterS = RELOAD_AFTER_S[code];
  if (afterS !== undefined) return { afterS, mode: "always" };
  return retryAfterS === undefined ? undefined : { afterS: retryAfterS, mode: "once" };
}

/** The count is outside of what a screen reader announces: `timer` is never live by itself. */
function reloading({ afterS, mode }: Reload): string {
  const lead = mode === "always" ? "This page reloads by itself in" : "You can try again in";
  return `<p class="wait" role="status" data-reload="${mode}"><span><span>${lead}</span> <span role="timer">${afterS}</span>&nbsp;s.</span></p>
<p class="actions"><a href="" data-action="reload">Reload now</a></p>
`;
}

function allowedPath({ allowedPath: path }: Refusal): string {
  if (path === undefined || !isOwnPath(path)) return "";
  return `<p class="actions"><a href="${escapeHtml(path)}">Open ${escapeHtml(path)}</a></p>\n`;
}

/** `//host` and `/\host` lead to another host (URL Standard, relative slash state). */
function isOwnPath(path: string): boolean {
  return /^\/(?![/\\])/.test(path);
}
