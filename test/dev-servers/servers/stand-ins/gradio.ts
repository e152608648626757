import type { DevServer } from "../../dev-server.ts";

/**
 * Gradio writes its root URL into the page, from `X-Forwarded-Host` and `-Proto`, else from `Host`; the page sends to
 * that URL. Where `Host` is local it gives CORS only to local origins, and refuses cookies to others.
 */
const SERVER = `import { createServer } from "node:http";

const isLocal = (host) => /^(localhost|127\\.0\\.0\\.1)(:\\d+)?$/.test(host ?? "");
const rootOf = ({ headers }) =>
  (headers["x-forwarded-proto"] ?? "http") + "://" + (headers["x-forwarded-host"] ?? headers.host);
const PAGE = (root) => \`<!doctype html><link rel="icon" href="data:,"><h1>Hello Gradio</h1><p id="reply"></p>
<button>Submit</button>
<script>
  const { root } = \${JSON.stringify({ root })};
  document.querySelector("button").onclick = async () => {
    await fetch(root + "/gradio_api/queue/join", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
    const events = new EventSource(root + "/gradio_api/queue/data?session_hash=1");
    events.onmessage = ({ data }) => { reply.textContent += data; if (data === " complete") events.close(); };
  };
</script>\`;

createServer((request, response) => {
  const { pathname } = new URL(request.url, "http://localhost");
  const { origin, host } = request.headers;
  if (origin && isLocal(host) && !isLocal(URL.parse(origin)?.host)) return response.writeHead(403).end();
  if (pathname === "/gradio_api/queue/join")
    return response.setHeader("content-type", "application/json").end('{"event_id":"1"}');
  if (pathname === "/gradio_api/queue/data") {
    response.writeHead(200, { "content-type": "text/event-stream" }).write("data: process started\\n\\n");
    return setTimeout(() => response.end("data:  complete\\n\\n"), 100);
  }
  response.setHeader("content-type", "text/html").end(PAGE(rootOf(request)));
}).listen(7860, "127.0.0.1");
`;

export const gradio: DevServer = {
  name: "gradio",
  title: "Gradio (stand-in)",
  port: 7860,
  project: {
    create: ["npm init -y", "npm pkg set type=module"],
    files: { "server.js": SERVER },
    version: { text: "as of 6" },
  },
  start: "node server.js",
  hostPolicy: "public",
  remark: "live: an event stream",
  checks: {
    page: async (visit) => {
      await visit.open();
      await visit.see("Hello Gradio");
    },
    post: async (visit) => {
      await visit.open();
      const joined = visit.page.waitForResponse((response) => response.url().endsWith("/queue/join"));
      await visit.page.getByRole("button", { name: "Submit" }).click();
      if (!(await joined).ok()) throw new Error("the queue was not joined");
    },
    live: async (visit) => {
      await visit.open();
      await visit.page.getByRole("button", { name: "Submit" }).click();
      await visit.see("process started");
      await visit.see("complete");
    },
  },
};
