import type { LogRefusal, ReplayOverrides } from "../../../shared/protocol/request-log.ts";
import { MAX_CAPTURED_BODY_BYTES } from "../../../shared/protocol/request-log.ts";
import { isRefusal } from "../../../shared/refusal/refusal.ts";
import { parseRequestHead } from "../../relay/http1/parse-request-head.ts";
import type { RelayLimits } from "../../relay/limits.ts";
import type { CapturedExchange } from "../captured-exchange.ts";
import { dechunk } from "../show/dechunk.ts";
import { splitHead, splitRequestLine } from "../show/split-head.ts";
import { findReplayObstacle } from "./find-replay-obstacle.ts";
import { changeFields, checkFields } from "./replay-fields.ts";

export interface BuiltReplay {
  readonly method: string;
  /** Latin1. */
  readonly head: string;
  /** With its framing. */
  readonly body: Buffer;
  readonly chunked: boolean;
}

const BODY_TOO_LONG = `must have at most ${MAX_CAPTURED_BODY_BYTES} bytes`;
const ONE_BODY = "must not be named together with /body";

/**
 * Writes the request that a guest got, once more, with what is changed. Its head passes the relay's own parser, as a
 * visitor's does.
 *
 * @returns `conflict` where it cannot be sent as it was, `request_invalid` where what is changed makes no request
 */
export function buildReplay(
  exchange: CapturedExchange,
  overrides: ReplayOverrides,
  limits: RelayLimits,
): BuiltReplay | { readonly refusal: LogRefusal } {
  const errors = checkFields(overrides.headers ?? {});
  const given = readBody(overrides);
  if (given !== undefined && given.length > MAX_CAPTURED_BODY_BYTES)
    errors.push({ path: "/body", message: BODY_TOO_LONG });
  if (overrides.body !== undefined && overrides.body_base64 !== undefined)
    errors.push({ path: "/body_base64", message: ONE_BODY });
  if (errors.length > 0) return { refusal: { code: "request_invalid", errors } };
  const obstacle = findReplayObstacle(exchange, given !== undefined);
  if (obstacle !== undefined) return { refusal: { code: "conflict", detail: obstacle } };
  return write(exchange, overrides, given, limits);
}

function write(
  exchange: CapturedExchange,
  overrides: ReplayOverrides,
  given: Buffer | undefined,
  limits: RelayLimits,
): BuiltReplay | { readonly refusal: LogRefusal } {
  const original = splitHead(exchange.requestHead);
  const line = splitRequestLine(original.line);
  const method = overrides.method ?? line.method;
  const path = overrides.path ?? line.path;
  const fields = changeFields(original.fields, overrides.headers ?? {});
  const { kept, chunked: wasChunked } = exchange.requestBody;
  const data = given ?? Buffer.from(wasChunked ? dechunk(kept) : kept, "latin1");
  const chunked = wasChunked && given === undefined;
  const hadLength = original.fields.some(([name]) => name.toLowerCase() === "content-length");
  let head = `${method} ${path} HTTP/1.1\r\n`;
  for (const [name, value] of fields) head += `${name}: ${value}\r\n`;
  if (chunked) head += "Transfer-Encoding: chunked\r\n";
  else if (data.length > 0 || hadLength || given !== undefined) head += `Content-Length: ${data.length}\r\n`;
  head += "\r\n";
  const parsed = head.length > limits.maxRequestHeadBytes ? undefined : parseRequestHead(head, limits);
  if (parsed === undefined || isRefusal(parsed) || parsed.method !== method || parsed.target !== path)
    return { refusal: { code: "request_invalid", detail: "What was changed makes no valid request." } };
  return { method, head, body: chunked ? toChunks(data) : data, chunked };
}

function readBody({ body, body_base64: base64 }: ReplayOverrides): Buffer | undefined {
  if (body !== undefined) return Buffer.from(body, "utf8");
  return base64 === undefined ? undefined : Buffer.from(base64, "base64");
}

/** One chunk, and the last one. */
function toChunks(data: Buffer): Buffer {
  const end = Buffer.from("0\r\n\r\n");
  if (data.length === 0) return end;
  return Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from("\r\n"), end]);
}
