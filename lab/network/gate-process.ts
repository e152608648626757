/** The part of a gate that runs inside the namespace: creates sockets there and passes them to its parent. */
import type { Server, Socket } from "node:net";
import { connect, createServer } from "node:net";
import type { GateRequest } from "./gate.ts";

process.on("message", ({ id, verb, host, port }: GateRequest) => {
  if (verb === "connect") dial(id, host, port);
  else listen(id, host, port);
});
process.once("disconnect", () => process.exit(0));

function dial(id: number, host: string, port: number): void {
  const socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
  // Bytes that are read here would be missing in the parent.
  socket.pause();
  socket.once("error", (error) => fail(id, error));
  socket.once("connect", () => pass(id, socket));
}

function listen(id: number, host: string, port: number): void {
  const server = createServer();
  server.maxConnections = 0;
  server.once("error", (error) => fail(id, error));
  server.listen(port, host, () => pass(id, server, () => server.close()));
}

function pass(id: number, handle: Socket | Server, onSent?: () => void): void {
  process.send?.({ id }, handle, {}, (error) => {
    onSent?.();
    if (error !== null) fail(id, error);
  });
}

function fail(id: number, error: NodeJS.ErrnoException): void {
  process.send?.({ id, error: { code: error.code, message: error.message } });
}
