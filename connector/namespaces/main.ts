import { createNamespaceHelper } from "./create-namespace-helper.ts";

/** The first socket that systemd passes to a service (sd_listen_fds(3)). */
const SOCKET_FD = 3;
/** systemd starts it again with the next request. */
const IDLE_MS = 600_000;

if (process.env.LISTEN_FDS !== "1") {
  console.error("namespaces: started without the socket of preview-connector-namespaces.socket");
  process.exit(1);
}
const server = createNamespaceHelper().listen({ fd: SOCKET_FD });
let open = 0;
let idle = exitLater();
server.on("connection", (socket) => {
  clearTimeout(idle);
  open++;
  socket.once("close", () => {
    if (--open === 0) idle = exitLater();
  });
});

function exitLater(): NodeJS.Timeout {
  return setTimeout(() => process.exit(0), IDLE_MS);
}
