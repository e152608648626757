import * as http from "node:http";
import { WebSocketServer } from "ws";

export interface PageApp {
  close(): void;
}

/**
 * A dev server's page: it loads modules, opens a WebSocket again and again, and polls. `document.title` is "ready" at its
 * end, or names what has failed.
 *
 * @param modules scripts of a page, which import one another in a chain of ten
 */
export async function startPageApp(host: string, port: number, modules: number): Promise<PageApp> {
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://guest");
    const [type, body] = pathname.endsWith(".js")
      ? ["text/javascript", moduleSource(Number(pathname.slice(2, -3)), modules)]
      : ["text/html", pathname === "/poll" ? "" : page(modules)];
    response.writeHead(200, { "content-type": type, "cache-control": "no-store" }).end(body);
  });
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket) => socket.close());
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return {
    close() {
      sockets.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Each of the first ten modules imports the tenth after it, and so on: ten at once, as bundlers' graphs are. */
function moduleSource(index: number, modules: number): string {
  const next = index + 10;
  return `${next < modules ? `import "/m${next}.js";` : ""} globalThis.loaded = (globalThis.loaded ?? 0) + 1;`;
}

function page(modules: number): string {
  const roots = Array.from({ length: 10 }, (_, index) => `import "/m${index}.js";`).join("");
  return `<!doctype html><title>loading</title><link rel="icon" href="data:,"><a href="/next">next</a>
<script type="module">
${roots}
const open = () => new Promise((resolve, reject) => {
  const socket = new WebSocket(location.origin.replace("http", "ws"));
  socket.onopen = resolve;
  socket.onerror = () => reject(new Error("WebSocket"));
});
try {
  if (globalThis.loaded !== ${modules}) throw new Error("loaded " + globalThis.loaded);
  for (let count = 0; count < 5; count++) await open();
  for (let count = 0; count < 5; count++)
    if (!(await fetch("/poll")).ok) throw new Error("poll");
  document.title = "ready";
} catch (error) {
  document.title = String(error);
}
</script>`;
}
