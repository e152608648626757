/**
 * A guest's server that answers `/{n}` with the n-th of the answers it is given, which are none that are complete, and
 * then waits for whoever kills it. Plain JavaScript, because it starts faster.
 *
 * Talks by IPC: gets `{port, answers}`, says `{port}`, and `{sent}` after each answer that the kernel has taken.
 */
const net = require("node:net");

process.once("message", ({ port, answers }) => {
  const server = net.createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => {});
    socket.once("data", (bytes) => {
      const answer = answers[Number(/^GET \/(\d+) /.exec(bytes.toString("latin1"))[1])];
      socket.write(answer, "latin1", () => process.send({ sent: true }));
    });
  });
  server.listen(port, "127.0.0.1", () => process.send({ port: server.address().port }));
});
