import type * as net from "node:net";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { refuse } from "../../../shared/refusal/refusal.ts";
import { BodyScanner } from "../../relay/http1/body-scanner.ts";
import { HeadReader } from "../../relay/http1/head-reader.ts";
import type { ResponseHead } from "../../relay/http1/parse-response-head.ts";
import { parseResponseHead } from "../../relay/http1/parse-response-head.ts";
import { responseBody } from "../../relay/http1/response-framing.ts";
import type { RelayLimits } from "../../relay/limits.ts";
import { BodySample } from "../body-sample.ts";

/** A response that is longer is cut: its rest is of no use here. */
export const MAX_REPLAY_RESPONSE_BYTES = 8 * 1024 * 1024;

/** The number of replays at a time bounds it. */
const UNMETERED = { take: () => true, giveBack: () => {} };

export interface ReadResponse {
  readonly head: ResponseHead;
  readonly respondedMs: number;
  readonly body: BodySample;
  readonly chunked: boolean;
  readonly complete: boolean;
}

export interface ResponseOptions {
  readonly method: string;
  readonly limits: RelayLimits;
  readonly maxBodyBytes: number;
  readonly timeoutMs: number;
  now(): number;
}

/** Reads one response as strictly as the relay does, and closes the socket. */
export function readResponse(socket: net.Socket, options: ResponseOptions): Promise<ReadResponse | Refusal> {
  return new Promise((resolve) => {
    const reader = new ResponseReader(options, settle);
    const timer = setTimeout(() => reader.onTimeout(), options.timeoutMs);
    function settle(outcome: ReadResponse | Refusal): void {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    }
    socket.on("data", (bytes: Buffer) => reader.onBytes(bytes));
    socket.once("error", () => {});
    socket.once("end", () => reader.onEnd());
    socket.once("close", () => reader.onClose());
    socket.resume();
  });
}

class ResponseReader {
  readonly #options: ResponseOptions;
  readonly #settle: (outcome: ReadResponse | Refusal) => void;
  readonly #heads = new HeadReader({ prefix: "HTTP/1.", skipsEmptyLine: false });
  readonly #scanner = new BodyScanner();
  readonly #body: BodySample;
  #head: ResponseHead | undefined;
  #respondedMs = -1;
  #interim = 0;
  #over = false;

  constructor(options: ResponseOptions, settle: (outcome: ReadResponse | Refusal) => void) {
    this.#options = options;
    this.#settle = settle;
    this.#body = new BodySample(UNMETERED, options.maxBodyBytes);
  }

  onBytes(bytes: Buffer): void {
    let start = 0;
    while (!this.#over && this.#head === undefined && start < bytes.length) {
      const progress = this.#heads.read(
        bytes,
        start,
        bytes.length,
        this.#options.limits.maxResponseHeadBytes,
      );
      if (progress !== "complete") {
        if (progress === "malformed") this.#end(refuse("guest_protocol"));
        return;
      }
      start = this.#heads.end;
      this.#takeHead();
    }
    if (this.#head !== undefined && !this.#over) this.#readBody(bytes, start);
  }

  onEnd(): void {
    if (this.#head !== undefined && this.#scanner.endsAtClose()) this.#finish(true);
    else this.onClose();
  }

  onClose(): void {
    if (this.#head !== undefined) this.#finish(false);
    else this.#end(refuse(this.#heads.isEmpty ? "guest_unreachable" : "guest_protocol"));
  }

  onTimeout(): void {
    if (this.#head !== undefined) this.#finish(false);
    else this.#end(refuse("guest_timeout"));
  }

  #takeHead(): void {
    const head = parseResponseHead(this.#heads.text, this.#options.limits);
    if (head === undefined || head.status === 101) {
      this.#end(refuse("guest_protocol"));
      return;
    }
    if (head.status < 200) {
      if (++this.#interim > this.#options.limits.maxInterimResponses) this.#end(refuse("guest_protocol"));
      return;
    }
    const { kind, length } = responseBody(this.#options.method, head);
    this.#scanner.start(kind, length, true);
    this.#head = head;
    this.#respondedMs = this.#options.now();
  }

  #readBody(bytes: Buffer, start: number): void {
    if (!this.#scanner.done && start < bytes.length) {
      this.#scanner.scan(bytes, start, bytes.length);
      if (this.#scanner.failed) {
        this.#finish(false);
        return;
      }
      this.#body.add(bytes, start, start + this.#scanner.kept);
    }
    if (this.#scanner.done) this.#finish(true);
    else if (this.#body.total > MAX_REPLAY_RESPONSE_BYTES) this.#finish(false);
  }

  #finish(complete: boolean): void {
    const head = this.#head;
    if (head === undefined) return;
    const chunked = head.body === "chunked";
    this.#end({ head, respondedMs: this.#respondedMs, body: this.#body, chunked, complete });
  }

  #end(outcome: ReadResponse | Refusal): void {
    if (this.#over) return;
    this.#over = true;
    this.#settle(outcome);
  }
}
