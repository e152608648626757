/**
 * A guest's server for one that goes dark: accepts WebSockets and echoes, begins an event stream at `/events`, and does
 * not respond to other requests. Plain JavaScript, because it starts faster.
 *
 * Usage: node dark-guest.cjs <address> <port>
 */
const net = require("node:net");

const ACCEPTED =
  "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
const EVENTS = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n";

const [address, port] = process.argv.slice(2);
const server = net.createServer({ noDelay: true }, (socket) => {
  socket.on("error", () => {});
  socket.once("data", (bytes) => {
    const head = bytes.toString("latin1");
    if (head.startsWith("GET /ws ")) {
      socket.write(ACCEPTED);
      socket.on("data", (message) => socket.write(message));
    } else if (head.startsWith("GET /events ")) socket.write(EVENTS);
  });
});
server.listen(Number(port), address, () => process.send?.("listening"));
