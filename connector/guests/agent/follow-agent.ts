import * as http from "node:http";
import * as net from "node:net";
import type { PortEvent } from "../../../shared/protocol/agent-protocol.ts";
import { AGENT_PORT_STREAM_PATH, MAX_AGENT_LINE_BYTES } from "../../../shared/protocol/agent-protocol.ts";
import type { AgentAddress } from "./agent-address.ts";
import {
  AGENT_ATTEMPTS_PER_S,
  AGENT_CONNECT_TIMEOUT_MS,
  AGENT_EXPECTED_MS,
  AGENT_FIRST_RETRY_MS,
  AGENT_MAX_HEAD_BYTES,
  AGENT_MAX_RETRY_MS,
  AGENT_MIN_REST_MS,
  AGENT_RARE_RETRY_MS,
  AGENT_REST_RATIO,
  AGENT_SILENCE_MS,
} from "./agent-limits.ts";
import { Pace } from "./pace.ts";
import { parsePortEvent } from "./parse-port-event.ts";

export interface AgentListener {
  /** The agent has sent an event that is in the contract. */
  onEvent(event: PortEvent): void;
  /** The stream has ended: the agent closed it, was silent for too long, or broke the contract. */
  onLost(): void;
}

export interface AgentFollower {
  /** Somebody visits the guest: where no agent is followed, the next attempt is made soon. */
  hurry(): void;
  stop(): void;
}

/** Of all guests of this process. */
const pace = new Pace(AGENT_ATTEMPTS_PER_S);

/** Follows a guest's port changes until it is stopped, also after restarts of the agent and of the guest's network. */
export function followAgent(address: AgentAddress, listener: AgentListener): AgentFollower {
  let retryMs = AGENT_FIRST_RETRY_MS;
  let expectedUntilMs = performance.now() + AGENT_EXPECTED_MS;
  let attemptedAtMs = 0;
  /** While no attempt is under way. */
  let timer: NodeJS.Timeout | undefined;
  let leavePace: () => void = () => {};
  let closeStream: () => void = () => {};
  let stopped = false;

  function attempt(): void {
    timer = undefined;
    // The action may run before `run` returns.
    leavePace = pace.run(() => {
      attemptedAtMs = performance.now();
      closeStream = openStream(address, { onEvent, onLost });
    });
  }

  function onEvent(event: PortEvent): void {
    retryMs = AGENT_FIRST_RETRY_MS;
    expectedUntilMs = Number.POSITIVE_INFINITY;
    listener.onEvent(event);
  }

  function onLost(): void {
    if (stopped) return;
    const nowMs = performance.now();
    expectedUntilMs = Math.min(expectedUntilMs, nowMs + AGENT_EXPECTED_MS);
    listener.onLost();
    // Guests that are attached at one moment do not all try at one moment.
    timer = setTimeout(attempt, retryMs * (0.75 + Math.random() / 2));
    timer.unref();
    retryMs = Math.min(retryMs * 2, nowMs < expectedUntilMs ? AGENT_MAX_RETRY_MS : AGENT_RARE_RETRY_MS);
  }

  attempt();
  return {
    hurry() {
      if (timer === undefined || performance.now() - attemptedAtMs < AGENT_MAX_RETRY_MS) return;
      clearTimeout(timer);
      attempt();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      leavePace();
      closeStream();
    },
  };
}

/** One stream. `onLost` is called at most once, and never after the returned function, which closes it. */
function openStream({ host, port }: AgentAddress, listener: AgentListener): () => void {
  let ended = false;
  // Most attempts fail here, and a request would be a third of their cost.
  const socket = net.connect({ host, port, noDelay: true });
  // Covers connecting and the head.
  const opening = setTimeout(lose, AGENT_CONNECT_TIMEOUT_MS);
  socket.on("error", lose);
  socket.on("connect", () => {
    const request = http.get({
      createConnection: () => socket,
      path: AGENT_PORT_STREAM_PATH,
      maxHeaderSize: AGENT_MAX_HEAD_BYTES,
      headers: { host: "agent" },
    });
    request.on("error", lose);
    // Interim responses are not in the contract. Node keeps them: 60 MB if an agent sends them for two seconds.
    request.on("information", lose);
    request.on("response", (response) => {
      clearTimeout(opening);
      if (response.statusCode !== 200) return lose();
      readLines(response, listener.onEvent, lose);
    });
  });

  function lose(): void {
    if (ended) return;
    close();
    listener.onLost();
  }

  function close(): void {
    ended = true;
    clearTimeout(opening);
    socket.destroy();
  }

  return close;
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
