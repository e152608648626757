import type { DevServer } from "../../dev-server.ts";

const SERVER = `import { createServer } from "node:http";
import { Server } from "socket.io";

const PAGE = \`<!doctype html><link rel="icon" href="data:,"><h1>Hello socket.io</h1><p id="state"></p><p id="reply"></p>
<button>Send</button>
<script src="/socket.io/socket.io.js"></script>
<script>
  const transport = new URLSearchParams(location.search).get("transport");
  const socket = io(transport ? { transports: [transport] } : {});
  const show = () => { state.textContent = "connected by " + socket.io.engine.transport.name; };
  socket.on("connect", () => { show(); socket.io.engine.on("upgrade", show); });
  socket.on("reply", (text) => { reply.textContent = text; });
  document.querySelector("button").onclick = () => socket.emit("say", "hello");
</script>\`;

const server = createServer((request, response) => response.setHeader("content-type", "text/html").end(PAGE));
new Server(server).on("connection", (socket) => socket.on("say", (text) => socket.emit("reply", "you said " + text)));
server.listen(3000);
`;

export const socketIo: DevServer = {
  name: "socket-io",
  title: "socket.io",
  port: 3000,
  project: {
    create: ["npm init -y", "npm pkg set type=module --no-json", "npm install socket.io@4"],
    files: { "server.js": SERVER },
    version: { npm: "socket.io" },
  },
  start: "node server.js",
  remark: "post: by long polling; live: by WebSocket",
  checks: {
    page: async (visit) => {
      await visit.open();
      await visit.see("connected by websocket");
    },
    post: async (visit) => {
      await visit.open("/?transport=polling");
      await visit.see("connected by polling");
      await visit.page.getByRole("button", { name: "Send" }).click();
      await visit.see("you said hello");
    },
    live: async (visit) => {
      await visit.open("/?transport=websocket");
      await visit.see("connected by websocket");
      await visit.page.getByRole("button", { name: "Send" }).click();
      await visit.see("you said hello");
    },
  },
};
