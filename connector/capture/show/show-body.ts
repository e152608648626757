import { isUtf8 } from "node:buffer";
import { promisify } from "node:util";
import * as zlib from "node:zlib";
import type { RequestBody } from "../../../shared/protocol/request-log.ts";
import type { CapturedBody } from "../captured-exchange.ts";
import { dechunk } from "./dechunk.ts";
import { maskTokensInBody } from "./mask-tokens.ts";
import type { SplitHead } from "./split-head.ts";
import { findField } from "./split-head.ts";

/** Of a body without its encoding; a larger one is shown as it was sent. */
export const MAX_DECODED_BYTES = 256 * 1024;

/** A character of UTF-8 that was cut leaves at most so many bytes. */
const MAX_CUT_BYTES = 3;

const OPTIONS = { maxOutputLength: MAX_DECODED_BYTES };

const DECODERS: Readonly<Record<string, (bytes: Buffer) => Promise<Buffer>>> = {
  gzip: (bytes) => promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip)(bytes, OPTIONS),
  deflate: (bytes) => promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.inflate)(bytes, OPTIONS),
  br: (bytes) => promisify<Buffer, zlib.BrotliOptions, Buffer>(zlib.brotliDecompress)(bytes, OPTIONS),
};

/** What was kept of a body, for people: without chunked framing, and without its encoding where that is possible. */
export async function showBody(body: CapturedBody, head: SplitHead): Promise<RequestBody> {
  const data = body.chunked ? dechunk(body.kept) : body.kept;
  const truncated = isTruncated(body);
  const type = findField(head, "content-type");
  const encoding = findField(head, "content-encoding");
  const bytes = truncated || !body.captured ? body.total : data.length;
  const about = {
    bytes,
    captured: body.captured,
    truncated,
    ...(type !== undefined && { content_type: maskTokensInBody(type) }),
    ...(encoding !== undefined && { content_encoding: encoding }),
  };
  if (data === "") return about;
  const raw = Buffer.from(data, "latin1");
  const decoded = truncated ? undefined : await decode(raw, encoding);
  const shown = masked(decoded ?? raw);
  return { ...about, ...(decoded !== undefined && { decoded: true }), ...encodeBytes(shown, truncated) };
}

export function isTruncated({ kept, total, captured }: CapturedBody): boolean {
  return captured && kept.length < total;
}

/** @returns `undefined` where it cannot be decoded, or has no encoding */
async function decode(bytes: Buffer, encoding: string | undefined): Promise<Buffer | undefined> {
  const decoder = DECODERS[encoding?.toLowerCase() ?? ""];
  return decoder?.(bytes).catch(() => undefined);
}

function masked(bytes: Buffer): Buffer {
  const text = bytes.toString("latin1");
  const shown = maskTokensInBody(text);
  return shown === text ? bytes : Buffer.from(shown, "latin1");
}

function encodeBytes(bytes: Buffer, truncated: boolean): { text: string } | { base64: string } {
  for (let cut = 0; cut <= (truncated ? MAX_CUT_BYTES : 0); cut++) {
    const whole = bytes.subarray(0, bytes.length - cut);
    if (isUtf8(whole) && !whole.includes(0)) return { text: whole.toString("utf8") };
  }
  return { base64: bytes.toString("base64") };
}
