// Runs inside a guest in its agent's place, and does what its standard input, a FIFO, orders:
// `<name of the order> <deed for the stream> <for a scan> <for CONNECT>`. It begins honest, with one port.
const net = require("node:net");

const AGENT_PORT = 20222;
const OK = "HTTP/1.1 200 OK\r\n\r\n";

const line = (event) => `${JSON.stringify({ event: "snapshot", ports: [], waiting: [], ...event })}\n`;
const reports = (first, count, reach = "direct") =>
  Array.from({ length: count }, (_, index) => ({ port: first + index, reach }));

const deeds = {
  honest: (socket, asked) => say(socket, asked, { ports: reports(3000, 1) }),
  none: (socket, asked) => say(socket, asked, {}),
  full: (socket, asked) => say(socket, asked, { ports: reports(1, 32), waiting: [3000] }),
  loopback: (socket, asked) => say(socket, asked, { ports: reports(3000, 1, "127.0.0.1") }),
  nonsense: (socket) => socket.end(`${OK}\0\xff{"event":"snapshot","ports":"all"}\n\n[[[\n`, "latin1"),
  crowd: (socket) => socket.end(OK + line({ ports: reports(1, 60_000) })),
  line: (socket) => forever(socket, "x".repeat(16_384), OK),
  head: (socket) => forever(socket, `x-endless: ${"y".repeat(1000)}\r\n`, "HTTP/1.1 200 OK\r\n"),
  interim: (socket) => forever(socket, "HTTP/1.1 102 Processing\r\n\r\n".repeat(1000), ""),
  hang: () => {},
  babble: (socket) => forever(socket, babble(), OK + line({})),
  crash: () => process.exit(1),
};

/** Keeps to the contract, and changes all ports with every line. */
function babble() {
  const pieces = [];
  for (let round = 0; round < 50; round++) pieces.push(line({ ports: reports(1 + round * 32, 32) }));
  return pieces.join("");
}

/** In the contract's form: a stream stays open after its snapshot. */
function say(socket, asked, event) {
  socket.write(OK + line(event));
  if (asked === "scan") socket.end();
}

function forever(socket, piece, start) {
  socket.write(start);
  const go = () => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on("drain", go);
  go();
}

let [name, ...orders] = ["start", "honest", "honest", "hang"];
require("node:readline")
  .createInterface({ input: process.stdin })
  .on("line", (text) => {
    [name, ...orders] = text.split(" ");
    console.log(`${name} taken`);
  });

const server = net.createServer((socket) => {
  socket.on("error", () => socket.destroy());
  socket.once("data", (data) => {
    const [method, path] = data.toString("latin1").split(" ");
    const asked = method === "CONNECT" ? "connect" : path === "/v1/ports" ? "scan" : "stream";
    const deed = orders[["stream", "scan", "connect"].indexOf(asked)];
    console.log(`${name} ${asked}`);
    deeds[deed](socket, asked);
  });
});
server.listen(AGENT_PORT, "0.0.0.0", () => console.log("listens"));
