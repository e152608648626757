/**
 * The app in the guest, in a process of its own: listens on a port, or stops, as its parent orders by IPC, and replies
 * with the time at which that was done.
 *
 * Usage: node app-process.ts
 */
import { once } from "node:events";
import { createServer } from "node:http";

export interface AppOrder {
  /** The port to listen on; `undefined` to stop. */
  readonly port?: number;
}

export interface AppReply {
  /** Unix milliseconds, with fractions. */
  readonly atMs: number;
}

/** The page notes when it has been drawn: two frames after its elements are there. */
const PAGE = `<!doctype html><title>app</title><h1>The app</h1><script>
requestAnimationFrame(() => requestAnimationFrame(() => { window.shownAtMs = performance.timeOrigin + performance.now(); }));
</script>`;

const server = createServer((_request, response) => {
  response.setHeader("content-type", "text/html");
  response.end(PAGE);
});

process.on("message", async ({ port }: AppOrder) => {
  if (port === undefined) {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  } else await once(server.listen(port, "0.0.0.0"), "listening");
  process.send!({ atMs: performance.timeOrigin + performance.now() } satisfies AppReply);
});
process.once("disconnect", () => process.exit(0));
