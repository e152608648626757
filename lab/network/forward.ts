import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { connect, createServer } from "node:net";
import { pipeline } from "node:stream";
import type { Gate } from "./gate.ts";

const LOOPBACK = "127.0.0.1";

export interface Forward {
  /** The port on 127.0.0.1 where it listens. */
  readonly port: number;
  close(): void;
}

/**
 * Listens on this computer and forwards each connection to a loopback port of the lab's host, such as its connector's.
 *
 * @param port where to listen; 0: any
 */
export async function forwardIntoLab(gate: Gate, insidePort: number, port = 0): Promise<Forward> {
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  server.on("connection", (socket) => join(socket, gate.connect(LOOPBACK, insidePort)));
  await once(server.listen(port, LOOPBACK), "listening");
  return { port: portOf(server), close: () => server.close() };
}

/** Listens in the lab's host and forwards each connection to a loopback port of this computer, such as the edge's. */
export async function forwardOutOfLab(gate: Gate, outsidePort: number, insidePort = 0): Promise<Forward> {
  const server = await gate.listen(LOOPBACK, insidePort);
  server.on("connection", (socket) => join(socket, dial(outsidePort)));
  return { port: portOf(server), close: () => server.close() };
}

async function dial(port: number): Promise<Socket> {
  const socket = connect({ host: LOOPBACK, port, noDelay: true, allowHalfOpen: true });
  await once(socket, "connect");
  return socket;
}

async function join(near: Socket, dialled: Promise<Socket>): Promise<void> {
  near.on("error", () => near.destroy());
  try {
    const far = await dialled;
    const destroyBoth = (): void => {
      near.destroy();
      far.destroy();
    };
    pipeline(near, far, (error) => error && destroyBoth());
    pipeline(far, near, (error) => error && destroyBoth());
  } catch {
    near.resetAndDestroy();
  }
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
