import type { InlineText } from "./inline-text.ts";

/**
 * The script of the pages that reload, and of the page after a form that was not sent.
 *
 * - `location.reload()` keeps the fragment, which a meta refresh and a link to the page's own URL lose.
 * - `data-reload="always"` reloads each time; `"once"` does not reload again after a reload of its own. The mark of that
 *   reload is taken out by the next page that has it, and is void after a minute. Where the browser refuses storage, the
 *   page does not reload by itself.
 * - A page in the background waits until it is seen.
 */
export const RELOAD_SCRIPT: InlineText = {
  sha256: "/4rpSW2k5aD95J50jWwDE50KbzxisgUoplIUYG3k6d4=",
  text: `
(() => {
  const MARK = "preview-reloaded";
  const takeMark = () => {
    try {
      const at = Number(sessionStorage.getItem(MARK));
      sessionStorage.removeItem(MARK);
      return Date.now() - at < 60000;
    } catch {
      return true;
    }
  };
  for (const link of document.querySelectorAll("a[data-action]")) {
    link.hidden = false;
    link.addEventListener("click", (event) => {
      event.preventDefault();
      if (link.dataset.action === "back") history.back();
      else location.reload();
    });
  }
  const status = document.querySelector("[data-reload]");
  if (status === null) return;
  const once = status.dataset.reload === "once";
  const stays = once && takeMark();
  const [lead, timer] = status.querySelectorAll("span span");
  if (!stays) lead.textContent = "This page reloads by itself in";
  const endMs = Date.now() + Number(timer.textContent) * 1000;
  const reload = () => {
    if (document.hidden) return;
    if (once) sessionStorage.setItem(MARK, String(Date.now()));
    location.reload();
  };
  const count = setInterval(() => {
    const left = Math.max(0, Math.ceil((endMs - Date.now()) / 1000));
    timer.textContent = String(left);
    if (left > 0) return;
    clearInterval(count);
    if (stays) {
      status.firstElementChild.textContent = "You can try again now.";
      status.classList.add("done");
      return;
    }
    document.addEventListener("visibilitychange", reload);
    reload();
  }, 250);
})();
`,
};
