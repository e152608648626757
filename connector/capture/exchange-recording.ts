import { performance } from "node:perf_hooks";
import { EDGE_TIME_HEADER } from "../../shared/protocol/headers.ts";
import type { RefusalCode } from "../../shared/refusal/refusal.ts";
import type { Destination } from "../relay/destination.ts";
import type { ExchangeOutcome } from "../relay/exchange/exchange-outcome.ts";
import type { Recording } from "../relay/exchange/recording.ts";
import { copyText } from "../relay/http1/copy-text.ts";
import type { RequestHead } from "../relay/http1/parse-request-head.ts";
import type { ResponseHead } from "../relay/http1/parse-response-head.ts";
import { rewriteRequestHead } from "../relay/policy/rewrite-request-head.ts";
import { BodySample } from "./body-sample.ts";
import type { CaptureLimits } from "./capture-limits.ts";
import { EXCHANGE_OVERHEAD_BYTES } from "./capture-limits.ts";
import type { CapturedBody, CapturedExchange } from "./captured-exchange.ts";
import { createRequestId } from "./create-request-id.ts";
import type { OpenMemory } from "./open-memory.ts";

export interface RecordingOptions {
  readonly limits: CaptureLimits;
  readonly memory: OpenMemory;
  readonly bodies: boolean;
  /** Is called when the exchange is over; before that for one that stays open. */
  put(exchange: CapturedExchange): void;
}

const EVENT_STREAM = "text/event-stream";

/** Longer ones are no time of the edge's. */
const MAX_EDGE_TIME_LENGTH = 6;

/**
 * Records one exchange. Its memory is taken from its guest's share, and is given back when the exchange is over.
 *
 * What it keeps are copies: heads and destinations are cut out of pieces of up to 64 KiB, which would stay in memory as
 * long as a tunnel.
 */
export class ExchangeRecording implements Recording {
  readonly #options: RecordingOptions;
  readonly #port: number;
  readonly #link: string | undefined;
  readonly #requestChunked: boolean;
  readonly #isHandshake: boolean;
  readonly #edgeMs: number;
  /** Until the guest gets the head. */
  #unsent: { readonly head: RequestHead; readonly destination: Destination } | undefined;
  readonly #atMs: number;
  readonly #startedMs: number;
  readonly #id: string;
  readonly #requestBody: BodySample;
  readonly #responseBody: BodySample;
  #requestHead = "";
  #responseHead = "";
  #responseChunked = false;
  #taken: number;
  #status = 0;
  #sentMs = -1;
  #respondedMs = -1;

  /** @returns `undefined` where there is no memory for another one */
  static begin(
    options: RecordingOptions,
    head: RequestHead,
    destination: Destination,
  ): ExchangeRecording | undefined {
    const taken = EXCHANGE_OVERHEAD_BYTES + head.text.length;
    return options.memory.take(taken) ? new ExchangeRecording(options, head, destination, taken) : undefined;
  }

  private constructor(options: RecordingOptions, head: RequestHead, destination: Destination, taken: number) {
    this.#options = options;
    this.#port = destination.upstream.port;
    this.#link = destination.link?.id;
    this.#requestChunked = head.body === "chunked";
    this.#isHandshake = head.webSocketKey !== undefined;
    this.#edgeMs = readEdgeTime(head);
    this.#unsent = { head, destination };
    this.#taken = taken;
    this.#atMs = Date.now();
    this.#startedMs = performance.now();
    this.#id = createRequestId(this.#atMs);
    const max = options.bodies ? options.limits.maxBodyBytes : 0;
    this.#requestBody = new BodySample(options.memory, max);
    this.#responseBody = new BodySample(options.memory, max);
  }

  onRequestHead(text: string): void {
    this.#sentMs = this.#elapsed();
    this.#requestHead = copyText(text);
    this.#unsent = undefined;
  }

  onRequestBody(bytes: Buffer, start: number, end: number): void {
    this.#requestBody.add(bytes, start, end);
  }

  onResponse(head: ResponseHead, chunked: boolean): void {
    this.#takeResponseHead(head);
    this.#responseChunked = chunked;
    const type = head.fields.find(({ name }) => name.lower === "content-type")?.value;
    if (type?.slice(0, EVENT_STREAM.length).toLowerCase() === EVENT_STREAM) this.#put("open", undefined);
  }

  onResponseBody(bytes: Buffer, start: number, end: number): void {
    this.#responseBody.add(bytes, start, end);
  }

  onTunnel(head: ResponseHead): void {
    this.#takeResponseHead(head);
    this.#put("open", undefined);
  }

  onTunnelClosed(sent: number, received: number): void {
    this.#put("answered", undefined, sent, received);
    this.#release();
  }

  onOver(outcome: ExchangeOutcome, status: number, refused: RefusalCode | undefined): void {
    this.#status = status;
    this.#put(outcome === "aborted" || outcome === "visitor_left" ? outcome : "answered", refused);
    this.#release();
  }

  #takeResponseHead(head: ResponseHead): void {
    this.#respondedMs = this.#elapsed();
    this.#status = head.status;
    if (!this.#options.memory.take(head.text.length)) return;
    this.#taken += head.text.length;
    this.#responseHead = copyText(head.text);
  }

  #put(outcome: CapturedExchange["outcome"], refused: string | undefined, sent = 0, received = 0): void {
    this.#options.put({
      id: this.#id,
      atMs: this.#atMs,
      port: this.#port,
      requestHead: this.#findRequestHead(),
      requestBody: this.#describe(this.#requestBody, this.#requestChunked),
      responseHead: this.#responseHead,
      responseBody: this.#describe(this.#responseBody, this.#responseChunked),
      status: this.#status,
      refused,
      outcome,
      link: this.#link,
      replayOf: undefined,
      isWebSocket: this.#isHandshake && this.#status === 101,
      framesSent: sent,
      framesReceived: received,
      edgeMs: this.#edgeMs,
      sentMs: this.#sentMs,
      respondedMs: this.#respondedMs,
      endedMs: this.#elapsed(),
    });
  }

  /** What the guest got, or would have got. */
  #findRequestHead(): string {
    if (this.#unsent === undefined) return this.#requestHead;
    return copyText(rewriteRequestHead(this.#unsent.head, this.#unsent.destination));
  }

  #describe({ text, total }: BodySample, chunked: boolean): CapturedBody {
    return { kept: text, total, chunked, captured: this.#options.bodies };
  }

  #release(): void {
    this.#options.memory.giveBack(this.#taken + this.#requestBody.taken + this.#responseBody.taken);
  }

  #elapsed(): number {
    return performance.now() - this.#startedMs;
  }
}

/** @returns -1 where the edge has not said it */
function readEdgeTime(head: RequestHead): number {
  const text = head.field(EDGE_TIME_HEADER);
  return text !== undefined && text.length <= MAX_EDGE_TIME_LENGTH && /^[0-9]+$/.test(text)
    ? Number(text)
    : -1;
}
