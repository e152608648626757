import * as net from "node:net";
import { LAUNCH_SUBJECT } from "../../shared/pass.ts";
import type { Refusal } from "../../shared/refusal.ts";
import { refuse } from "../../shared/refusal.ts";
import type { Upstream } from "../relay/relay.ts";

/** Not a port of anything: the launch API listens on a Unix socket. */
const LAUNCH_PORT = 1;

/** Lets the relay carry the edge's launch calls to the launch API, like any request to any guest. */
export function createLaunchUpstream(socketPath: string): Upstream {
  return {
    guest: { sandboxId: LAUNCH_SUBJECT, generation: "" },
    port: LAUNCH_PORT,
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
