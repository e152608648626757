import type * as net from "node:net";
import type { LoopbackAddress } from "../../../shared/protocol/agent-protocol.ts";
import { formatConnectTarget } from "../../../shared/protocol/agent-protocol.ts";
import type { Refusal, RefusalCode } from "../../../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../../../shared/refusal/refusal.ts";
import { dialAddresses } from "../../relay/socket/dial-addresses.ts";
import type { AgentAddress } from "./agent-address.ts";
import { AGENT_CONNECT_TIMEOUT_MS, AGENT_MAX_HEAD_BYTES } from "./agent-limits.ts";

/** Refusals by the status of the agent's response to `CONNECT`. */
const REFUSAL_CODES: Readonly<Record<string, RefusalCode>> = {
  "403": "port_closed",
  "502": "port_closed",
  "503": "too_many_connections",
};

/** Reaches a listener that is bound to the guest's loopback only; the socket is the listener's from then on. */
export async function connectThroughAgent(
  agent: AgentAddress,
  address: LoopbackAddress,
  port: number,
): Promise<net.Socket | Refusal> {
  const dialled = await dialAddresses([agent], AGENT_CONNECT_TIMEOUT_MS);
  if (isRefusal(dialled)) return refuse("guest_unreachable");
  dialled.write(`CONNECT ${formatConnectTarget(address, port)} HTTP/1.1\r\nhost: agent\r\n\r\n`);
  const status = await readConnectStatus(dialled);
  if (status === "200") return dialled;
  dialled.destroy();
  return refuse(REFUSAL_CODES[status ?? ""] ?? "guest_unreachable");
}

/** Consumes only the head: the bytes after it are the listener's. */
function readConnectStatus(socket: net.Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    let head = "";
    const timer = setTimeout(finish, AGENT_CONNECT_TIMEOUT_MS, undefined);
    socket.on("data", onData);
    socket.on("error", onFailure);
    socket.on("close", onFailure);

    function onData(chunk: Buffer): void {
      head += chunk.toString("latin1");
      const end = head.indexOf("\r\n\r\n");
      if (end === -1) {
        if (head.length > AGENT_MAX_HEAD_BYTES) finish(undefined);
        return;
      }
      socket.pause();
      const rest = head.slice(end + 4);
      finish(/^HTTP\/1\.[01] (\d{3})[ \r]/.exec(head)?.[1]);
      if (rest !== "") socket.unshift(Buffer.from(rest, "latin1"));
    }
    function onFailure(): void {
      finish(undefined);
    }
    function finish(status: string | undefined): void {
      clearTimeout(timer);
      socket.off("data", onData);
      socket.off("error", onFailure);
      socket.off("close", onFailure);
      resolve(status);
    }
  });
}
