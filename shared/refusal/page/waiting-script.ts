import type { InlineText } from "./inline-text.ts";

/**
 * The script of the page that waits for a port.
 *
 * - It asks its own URL for the stream that says when something listens (`WAIT_HEADER`), and reloads then:
 *   `location.reload()` keeps the fragment.
 * - A stream that breaks, and a response that asks for patience, are followed by another request: after `retry-after`, or
 *   after 1 to 8 s, with a random part, so that all pages of a host that restarts do not come back at once.
 * - Any other response means that something has changed, and the page reloads to show it; not sooner than 3 s after it
 *   was loaded, since the app's service worker may answer the request from its cache each time.
 * - A page that is a reload already waits until it is 1 s old: a port that opens and closes must not make it reload without
 *   end.
 * - After 60 s it gives up, until the visitor asks it to go on or looks at the page again.
 */
export const WAITING_SCRIPT: InlineText = {
  sha256: "HWMdPCkRZVdzF9HCD4BivGCQdkMkK65GLhwxz1s2c5g=",
  text: `
(() => {
  const LIMIT_MS = 60000;
  const FIRST_RETRY_MS = 1000;
  const MAX_RETRY_MS = 8000;
  const LASTING_MS = 5000;
  const MIN_AGE_MS = 3000;
  const MIN_RELOADED_AGE_MS = 1000;
  const PATIENCE = [429, 502, 503, 504];
  const room = document.querySelector("[data-wait]");
  const bar = room.querySelector("progress");
  const timer = room.querySelector("[role=timer]");
  const heading = document.querySelector("h1");
  const isReload = performance.getEntriesByType("navigation")[0]?.type === "reload";
  const loadedMs = Date.now();
  let state = "";

  /** "waiting", "open" or "ended". */
  function enter(next) {
    state = next;
    for (const part of room.querySelectorAll("[data-when]"))
      part.hidden = !part.dataset.when.split(" ").includes(next);
    document.title = heading.textContent = next === "ended" ? room.dataset.ended : room.dataset.wait;
  }

  async function waitForPort() {
    enter("waiting");
    const startedMs = Date.now();
    const ended = new AbortController();
    const end = setTimeout(() => ended.abort(), LIMIT_MS);
    const count = setInterval(show, 500);
    show();
    const outcome = await follow(ended.signal);
    clearTimeout(end);
    clearInterval(count);
    enter(outcome === "reload" ? "open" : "ended");
    if (outcome === "reload") location.reload();

    function show() {
      const seconds = Math.round((Date.now() - startedMs) / 1000);
      bar.value = seconds;
      timer.textContent = seconds + " s";
    }
  }

  async function follow(signal) {
    let retryMs = FIRST_RETRY_MS;
    while (!signal.aborted) {
      const askedMs = Date.now();
      const { outcome, afterMs = 0 } = await ask(signal);
      if (outcome !== "again") return outcome;
      if (Date.now() - askedMs > LASTING_MS) retryMs = FIRST_RETRY_MS;
      await pause(Math.max(afterMs, retryMs * (0.5 + Math.random() / 2)), signal);
      retryMs = Math.min(2 * retryMs, MAX_RETRY_MS);
    }
    return "timeout";
  }

  async function ask(signal) {
    try {
      const { origin, pathname, search } = location;
      const response = await fetch(origin + pathname + search, {
        headers: { "preview-wait": "1" },
        cache: "no-store",
        redirect: "manual",
        signal,
      });
      const { status: code, headers } = response;
      if (headers.get("preview-wait") === "1") {
        const outcome = await readStream(response);
        if (outcome === "reload" && isReload) await grow(MIN_RELOADED_AGE_MS, signal);
        return { outcome };
      }
      response.body?.cancel();
      if (PATIENCE.includes(code)) {
        const seconds = Number(headers.get("retry-after"));
        return { outcome: "again", afterMs: seconds > 0 ? seconds * 1000 : 0 };
      }
      await grow(MIN_AGE_MS, signal);
      return { outcome: signal.aborted ? "timeout" : "reload" };
    } catch {
      return { outcome: signal.aborted ? "timeout" : "again" };
    }
  }

  async function readStream(response) {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return "again";
      text = (text + value).slice(-1000);
      if (text.includes("event: open\\n")) return "reload";
      if (text.includes("event: timeout\\n")) return "timeout";
    }
  }

  /** Until the page is so old. */
  function grow(ageMs, signal) {
    return pause(loadedMs + ageMs - Date.now(), signal);
  }

  function pause(ms, signal) {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const timer = setTimeout(resolve, ms);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      }, { once: true });
    });
  }

  const goOn = () => {
    if (state === "ended" && !document.hidden) waitForPort();
  };
  room.querySelector("button").addEventListener("click", goOn);
  document.addEventListener("visibilitychange", goOn);
  waitForPort();
})();
`,
};
