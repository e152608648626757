/**
 * A guest's server that responds to `GET /{n}` with the n-th of the given responses, all of them incomplete, and leaves
 * the connection open. Plain JavaScript, because it starts faster.
 *
 * By IPC it receives `{port, responses}`, and sends `{port}`, then `{sent}` after each response that the kernel has taken.
 */
const net = require("node:net");

process.once("message", ({ port, responses }) => {
  const server = net.createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => {});
    socket.once("data", (bytes) => {
      const response = responses[Number(/^GET \/(\d+) /.exec(bytes.toString("latin1"))[1])];
      socket.write(response, "latin1", () => process.send({ sent: true }));
    });
  });
  server.listen(port, "127.0.0.1", () => process.send({ port: server.address().port }));
});
