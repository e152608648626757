import type { DevServer } from "../../dev-server.ts";

/**
 * The checks of Streamlit's server: `Host` and the socket's `Origin` must be local, or `Origin` equal `Host`. Its page
 * sends tokens in place of subprotocols: the protocol's name, an XSRF or user token, and after a reconnect the session.
 * An upload repeats the XSRF cookie in a field.
 */
const SERVER = `import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const PAGE = \`<!doctype html><link rel="icon" href="data:,"><h1>Hello Streamlit</h1><p id="state"></p><p id="upload"></p>
<button>Upload</button>
<script>
  let session;
  const connect = () => {
    const tokens = ["streamlit", "PLACEHOLDER_AUTH_TOKEN", ...(session ? [session] : [])];
    const socket = new WebSocket(location.origin.replace("http", "ws") + "/_stcore/stream", tokens);
    socket.onmessage = ({ data }) => {
      const resumed = session === data;
      session = data;
      state.textContent = (resumed ? "resumed by " : "began by ") + socket.protocol;
      if (!resumed) socket.close();
    };
    socket.onclose = () => { if (!state.textContent.startsWith("resumed")) connect(); };
  };
  connect();
  document.querySelector("button").onclick = async () => {
    const token = document.cookie.match(/_streamlit_xsrf=(\\\\w+)/)[1];
    const response = await fetch("/_stcore/upload_file/1", { method: "PUT", headers: { "x-xsrftoken": token }, body: "abc" });
    upload.textContent = "uploaded with " + response.status;
  };
</script>\`;

const isLocal = (host) => /^(localhost|127\\.0\\.0\\.1)(:\\d+)?$/.test(host);
const hostOf = (origin) => URL.parse(origin)?.host ?? "";
const sessions = new Set();

const server = createServer((request, response) => {
  if (!isLocal(request.headers.host)) return response.writeHead(403).end("host");
  const token = /_streamlit_xsrf=(\\w+)/.exec(request.headers.cookie ?? "")?.[1];
  if (request.method === "PUT")
    return response.writeHead(token && token === request.headers["x-xsrftoken"] ? 204 : 403).end();
  if (!token) response.setHeader("set-cookie", "_streamlit_xsrf=" + randomBytes(8).toString("hex") + "; Path=/; SameSite=Lax");
  response.setHeader("content-type", "text/html").end(PAGE);
});
const sockets = new WebSocketServer({
  server,
  path: "/_stcore/stream",
  handleProtocols: (protocols) => [...protocols][0],
  verifyClient: ({ origin, req }) =>
    isLocal(req.headers.host) && (isLocal(hostOf(origin)) || hostOf(origin) === req.headers.host),
});
sockets.on("connection", (socket, request) => {
  const tokens = request.headers["sec-websocket-protocol"].split(",").map((token) => token.trim());
  const session = sessions.has(tokens[2]) ? tokens[2] : randomBytes(8).toString("hex");
  sessions.add(session);
  socket.send(session);
});
server.listen(8501);
`;

export const streamlit: DevServer = {
  name: "streamlit",
  title: "Streamlit (stand-in)",
  port: 8501,
  project: {
    create: ["npm init -y", "npm pkg set type=module", "npm install ws@8"],
    files: { "server.js": SERVER },
    version: { text: "as of 1.61" },
  },
  start: "node server.js",
  remark: "live: a socket that resumes its session by its third subprotocol token",
  checks: {
    page: async (visit) => {
      await visit.open();
      await visit.see("Hello Streamlit");
    },
    post: async (visit) => {
      await visit.open();
      await visit.page.getByRole("button", { name: "Upload" }).click();
      await visit.see("uploaded with 204");
    },
    live: async (visit) => {
      await visit.open();
      await visit.see("resumed by streamlit");
    },
  },
};
