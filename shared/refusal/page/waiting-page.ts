import type { Refusal } from "../refusal.ts";
import { REFUSALS } from "../refusal.ts";
import type { RefusalRequest } from "../refusal-request.ts";
import { ADVICE } from "./advice.ts";
import { escapeHtml } from "./escape-html.ts";
import { pageFooter } from "./page-footer.ts";
import { portList } from "./port-list.ts";
import type { RenderedPage } from "./render-page.ts";
import { renderPage } from "./render-page.ts";
import { WAITING_SCRIPT } from "./waiting-script.ts";
import { WAITING_STYLE } from "./waiting-style.ts";

/** The script's own limit is the same. */
const LIMIT_S = 60;

/** Without scripts the page asks again after this time. */
const REFRESH_S = 3;

/**
 * The waiting room: the page a person sees where nothing listens on a port. It becomes the app by itself.
 *
 * Only for the response to a GET: reloading the page of a form would send the form again.
 */
export function waitingPage(refusal: Refusal, request: RefusalRequest): RenderedPage {
  const { status, detail } = REFUSALS.port_closed;
  const port = request.port === undefined ? "this port" : `port ${request.port}`;
  const content = [
    `<p class="lead">${escapeHtml(refusal.detail ?? detail)}</p>\n`,
    room(port),
    `<noscript><p class="wait">This page reloads every ${REFRESH_S} seconds.</p>\n<p class="actions"><a href="">Reload now</a></p></noscript>\n`,
    portList(refusal.openPorts ?? [], request),
    `<aside>\n<h2>If this is your sandbox</h2>\n<p>${ADVICE.port_closed?.owner}</p>\n</aside>\n`,
  ];
  return renderPage({
    title: `Waiting for ${port}`,
    eyebrow: request.port === undefined ? String(status) : `${status} · Port ${request.port}`,
    content: content.join(""),
    footer: pageFooter(refusal.code, request),
    refreshS: REFRESH_S,
    styles: [WAITING_STYLE],
    scripts: [WAITING_SCRIPT],
    mayFetch: true,
  });
}

/**
 * Its parts are shown by the script, each in one state or two. The time is outside of what a screen reader announces.
 *
 * @param port as `port 3000`
 */
function room(port: string): string {
  return `<div class="room" data-wait="Waiting for ${port}" data-ended="Nothing listens on ${port}">
<div role="status">
<p class="wait" data-when="waiting" hidden>The app appears here as soon as a server listens.</p>
<p class="wait" data-when="open" hidden>A server listens now. The app is being loaded.</p>
<p class="notice" data-when="ended" hidden><strong>No server has listened on ${port} for a minute.</strong> It may have failed to start, or listen on another port: its output in the sandbox says which.</p>
</div>
<p class="time" data-when="waiting open" hidden><progress max="${LIMIT_S}" value="0" aria-label="Time waited"></progress><span role="timer"></span></p>
<p class="actions" data-when="ended" hidden><button type="button">Keep waiting</button></p>
</div>
`;
}
