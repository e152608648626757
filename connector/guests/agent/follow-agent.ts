import * as http from "node:http";
import type { PortEvent } from "../../../shared/protocol/agent-protocol.ts";
import { AGENT_PORT_STREAM_PATH, MAX_AGENT_LINE_BYTES } from "../../../shared/protocol/agent-protocol.ts";
import type { AgentAddress } from "./agent-address.ts";
import {
  AGENT_CONNECT_TIMEOUT_MS,
  AGENT_FIRST_RETRY_MS,
  AGENT_MAX_HEAD_BYTES,
  AGENT_MAX_RETRY_MS,
  AGENT_MIN_REST_MS,
  AGENT_REST_RATIO,
  AGENT_SILENCE_MS,
} from "./agent-limits.ts";
import { parsePortEvent } from "./parse-port-event.ts";

export interface AgentListener {
  /** The agent has sent an event that is in the contract. */
  onEvent(event: PortEvent): void;
  /** The stream has ended: the agent closed it, was silent for too long, or broke the contract. */
  onLost(): void;
}

/**
 * Follows a guest's port changes until it is stopped, also after restarts of the agent and of the guest's network.
 *
 * @returns a function that stops
 */
export function followAgent(address: AgentAddress, listener: AgentListener): () => void {
  let retryMs = AGENT_FIRST_RETRY_MS;
  let timer: NodeJS.Timeout | undefined;
  let abort: (() => void) | undefined;
  let stopped = false;

  function attempt(): void {
    abort = openStream(address, {
      onEvent(event) {
        retryMs = AGENT_FIRST_RETRY_MS;
        listener.onEvent(event);
      },
      onLost() {
        if (stopped) return;
        listener.onLost();
        timer = setTimeout(attempt, retryMs);
        timer.unref();
        retryMs = Math.min(retryMs * 2, AGENT_MAX_RETRY_MS);
      },
    });
  }

  attempt();
  return () => {
    stopped = true;
    clearTimeout(timer);
    abort?.();
  };
}

/** One stream. `onLost` is called at most once, and never after the returned function, which closes it. */
function openStream({ host, port }: AgentAddress, listener: AgentListener): () => void {
  let lost = false;
  const request = http.get({
    host,
    port,
    path: AGENT_PORT_STREAM_PATH,
    agent: false,
    maxHeaderSize: AGENT_MAX_HEAD_BYTES,
    headers: { host: "agent" },
  });
  // Covers connecting and the head.
  const opening = setTimeout(lose, AGENT_CONNECT_TIMEOUT_MS);
  request.on("error", lose);
  // Interim responses are not in the contract. Node keeps them: 60 MB if an agent sends them for two seconds.
  request.on("information", lose);
  request.on("response", (response) => {
    clearTimeout(opening);
    if (response.statusCode !== 200) return lose();
    readLines(response, listener.onEvent, lose);
  });

  function lose(): void {
    if (lost) return;
    lost = true;
    clearTimeout(opening);
    request.destroy();
    listener.onLost();
  }
  return () => {
    lost = true;
    clearTimeout(opening);
    request.destroy();
  };
}

function readLines(
  response: http.IncomingMessage,
  onEvent: (event: PortEvent) => void,
  lose: () => void,
): void {
  let pending = "";
  response.setTimeout(AGENT_SILENCE_MS, lose);
  response.on("error", lose);
  response.on("close", lose);
  response.setEncoding("utf8");
  response.on("data", (chunk: string) => {
    // Not the time that has passed: on a busy host that would be long, and the next report would come late.
    const start = process.cpuUsage();
    const lines = (pending + chunk).split("\n");
    pending = lines.pop() ?? "";
    for (const line of lines) {
      const event = line.length > MAX_AGENT_LINE_BYTES ? undefined : parsePortEvent(line);
      if (event === undefined) return lose();
      onEvent(event);
    }
    if (pending.length > MAX_AGENT_LINE_BYTES) return lose();
    response.pause();
    const took = process.cpuUsage(start);
    const tookMs = (took.user + took.system) / 1000;
    setTimeout(() => response.resume(), Math.max(AGENT_MIN_REST_MS, tookMs * AGENT_REST_RATIO));
  });
}
