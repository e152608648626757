import * as net from "node:net";

const RESPONSE =
  "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 21\r\n\r\ntwenty-one bytes here";
const END_OF_HEAD = "\r\n\r\n";

/** Responds to each request without a body, and reads only where its head ends: the least that an origin can cost. */
const server = net.createServer({ noDelay: true }, (socket) => {
  let open = "";
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => {
    const heads = (open + text).split(END_OF_HEAD);
    open = heads.pop()!;
    if (heads.length > 0) socket.write(RESPONSE.repeat(heads.length));
  });
  socket.on("error", () => socket.destroy());
});
server.listen(Number(process.argv[2]), "127.0.0.1");
