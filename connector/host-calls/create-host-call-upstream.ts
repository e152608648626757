import * as net from "node:net";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { refuse } from "../../shared/refusal/refusal.ts";
import type { Upstream } from "../relay/relay.ts";

/** How reports name what answers the edge's calls to the host. */
const HOST = { sandboxId: "host" };

/** Goes into the `Host` field only: the calls are served on a Unix socket. */
const HTTP_PORT = 80;

/** Lets the relay carry the edge's calls to the host itself, like any request to any guest. */
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
