import * as net from "node:net";
import { HOST_SUBJECT } from "../../shared/pass.ts";
import type { Refusal } from "../../shared/refusal.ts";
import { refuse } from "../../shared/refusal.ts";
import type { Upstream } from "../relay/relay.ts";

/** Not a port of anything: the host itself listens on a Unix socket. */
const HOST_PORT = 1;

/** Lets the relay carry the edge's calls to the host itself, like any request to any guest. */
export function createHostCallUpstream(socketPath: string): Upstream {
  return {
    guest: { sandboxId: HOST_SUBJECT, generation: "" },
    port: HOST_PORT,
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
