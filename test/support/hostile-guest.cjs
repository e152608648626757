// Runs inside a guest: a server that keeps to no rule.
const net = require("node:net");

const misdeeds = {
  "/headers": (socket) => forever(socket, `x-endless: ${"y".repeat(1000)}\r\n`, "HTTP/1.1 200 OK\r\n"),
  "/interim": (socket) => forever(socket, "HTTP/1.1 102 Processing\r\n\r\n", ""),
  "/body": (socket) => forever(socket, "z".repeat(16_384), "HTTP/1.1 200 OK\r\n\r\n"),
  "/nonsense": (socket) => socket.end("Unauthorized"),
  "/drip": (socket) => {
    const timer = setInterval(() => socket.write("H"), 200);
    socket.on("close", () => clearInterval(timer));
  },
};

function forever(socket, piece, start) {
  socket.write(start);
  const go = () => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on("drain", go);
  go();
}

for (const port of process.argv.slice(2).map(Number)) {
  const server = net.createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", (data) => misdeeds[data.toString("latin1").split(" ")[1]]?.(socket));
  });
  server.listen(port, "0.0.0.0", () => console.log(`hostile on ${port}`));
}
