import * as net from "node:net";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { refuse } from "../../shared/refusal/refusal.ts";
import type { Upstream } from "../relay/relay.ts";

/** Stands for the host itself in reports, in place of a guest. */
const HOST = { sandboxId: "host" };

/** Goes into the `Host` field only: the calls are served on a Unix socket. */
const HTTP_PORT = 80;

/** The destination of the edge's calls to the host itself: the relay carries them like any request to a guest. */
export function createHostCallUpstream(socketPath: string): Upstream {
  return {
    guest: HOST,
    port: HTTP_PORT,
    headerPolicy: "local",
    dial: () => dial(socketPath),
  };
}

function dial(path: string): Promise<net.Socket | Refusal> {
  return new Promise((resolve) => {
    const socket = net.connect({ path, allowHalfOpen: true });
    socket.once("error", () => resolve(refuse("host_unreachable")));
    socket.once("connect", () => resolve(socket));
  });
}
