import * as http from "node:http";
import type { PortScan } from "../../../shared/protocol/agent-protocol.ts";
import { AGENT_PORTS_PATH, MAX_AGENT_LINE_BYTES } from "../../../shared/protocol/agent-protocol.ts";
import type { AgentAddress } from "./agent-address.ts";
import { AGENT_MAX_HEAD_BYTES, AGENT_SCAN_TIMEOUT_MS } from "./agent-limits.ts";
import { parsePortScan } from "./parse-port-scan.ts";

/** Asks a guest's agent which ports listen now; `undefined` where it does not respond in time, or as agreed. */
export function scanPorts({ host, port }: AgentAddress): Promise<PortScan | undefined> {
  return new Promise((resolve) => {
    const request = http.get({
      host,
      port,
      path: AGENT_PORTS_PATH,
      agent: false,
      maxHeaderSize: AGENT_MAX_HEAD_BYTES,
      headers: { host: "agent" },
    });
    const timer = setTimeout(finish, AGENT_SCAN_TIMEOUT_MS, undefined);
    request.on("error", () => finish(undefined));
    request.on("information", () => finish(undefined));
    request.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
        if (text.length > MAX_AGENT_LINE_BYTES) finish(undefined);
      });
      response.on("error", () => finish(undefined));
      response.on("end", () => finish(response.statusCode === 200 ? parsePortScan(text) : undefined));
    });

    function finish(scan: PortScan | undefined): void {
      clearTimeout(timer);
      request.destroy();
      resolve(scan);
    }
  });
}
