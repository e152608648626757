import { performance } from "node:perf_hooks";
import { REPLAY_TIMEOUT_MS } from "../../../shared/protocol/request-log.ts";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { isRefusal, REFUSALS } from "../../../shared/refusal/refusal.ts";
import { copyText } from "../../relay/http1/copy-text.ts";
import { DEFAULT_RELAY_LIMITS } from "../../relay/limits.ts";
import type { RelayGuest, Upstream } from "../../relay/relay.ts";
import { DEFAULT_CAPTURE_LIMITS } from "../capture-limits.ts";
import type { CapturedBody, CapturedExchange } from "../captured-exchange.ts";
import { createRequestId } from "../create-request-id.ts";
import type { BuiltReplay } from "./build-replay.ts";
import type { ReadResponse } from "./read-response.ts";
import { readResponse } from "./read-response.ts";

/** Each takes a connection to the guest and a slot of the edge's calls for up to 30 s. */
export const MAX_REPLAYS = 16;
export const MAX_REPLAYS_PER_SANDBOX = 4;

const NO_BODY: CapturedBody = { kept: "", total: 0, chunked: false, captured: true };

/** Sends requests to guests once more, on connections of their own. */
export class Replays {
  readonly #timeoutMs: number;
  readonly #byGuest = new Map<RelayGuest, number>();
  #count = 0;

  constructor(timeoutMs = REPLAY_TIMEOUT_MS) {
    this.#timeoutMs = timeoutMs;
  }

  hasRoom(guest: RelayGuest): boolean {
    return this.#count < MAX_REPLAYS && (this.#byGuest.get(guest) ?? 0) < MAX_REPLAYS_PER_SANDBOX;
  }

  /** @returns the exchange as the log has it; a guest that did not answer has refused it */
  async send(
    upstream: Upstream,
    original: CapturedExchange,
    replay: BuiltReplay,
  ): Promise<{ readonly exchange: CapturedExchange; readonly refusal: Refusal | undefined }> {
    const { guest } = upstream;
    this.#count += 1;
    this.#byGuest.set(guest, (this.#byGuest.get(guest) ?? 0) + 1);
    try {
      return await this.#send(upstream, original, replay);
    } finally {
      this.#count -= 1;
      const left = (this.#byGuest.get(guest) ?? 1) - 1;
      if (left === 0) this.#byGuest.delete(guest);
      else this.#byGuest.set(guest, left);
    }
  }

  async #send(
    upstream: Upstream,
    original: CapturedExchange,
    { method, head, body, chunked }: BuiltReplay,
  ): Promise<{ readonly exchange: CapturedExchange; readonly refusal: Refusal | undefined }> {
    const atMs = Date.now();
    const startedMs = performance.now();
    const now = (): number => performance.now() - startedMs;
    const socket = await upstream.dial();
    const sentMs = isRefusal(socket) ? -1 : now();
    let outcome: ReadResponse | Refusal;
    if (isRefusal(socket)) outcome = socket;
    else {
      socket.write(head, "latin1");
      if (body.length > 0) socket.write(body);
      outcome = await readResponse(socket, {
        method,
        limits: DEFAULT_RELAY_LIMITS,
        maxBodyBytes: DEFAULT_CAPTURE_LIMITS.maxBodyBytes,
        timeoutMs: this.#timeoutMs,
        now,
      });
    }
    const common = {
      id: createRequestId(atMs),
      atMs,
      port: upstream.port,
      requestHead: copyText(head),
      requestBody: { kept: body.toString("latin1"), total: body.length, chunked, captured: true },
      link: undefined,
      replayOf: original.id,
      isWebSocket: false,
      framesSent: 0,
      framesReceived: 0,
      edgeMs: -1,
      sentMs,
      endedMs: now(),
    };
    return {
      exchange: { ...common, ...describe(outcome) },
      refusal: isRefusal(outcome) ? outcome : undefined,
    };
  }
}

type Outcome = Pick<
  CapturedExchange,
  "responseHead" | "responseBody" | "status" | "refused" | "outcome" | "respondedMs"
>;

function describe(outcome: ReadResponse | Refusal): Outcome {
  if (isRefusal(outcome)) {
    const { code } = outcome;
    const { status } = REFUSALS[code];
    return {
      responseHead: "",
      responseBody: NO_BODY,
      status,
      refused: code,
      outcome: "answered",
      respondedMs: -1,
    };
  }
  const { head, body, chunked, complete, respondedMs } = outcome;
  return {
    responseHead: copyText(head.text),
    responseBody: { kept: body.text, total: body.total, chunked, captured: true },
    status: head.status,
    refused: undefined,
    outcome: complete ? "answered" : "aborted",
    respondedMs,
  };
}
