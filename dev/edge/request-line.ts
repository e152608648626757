/** What the edge's process sends for each request. */
export interface RequestLine {
  readonly requestLine: string;
}

export function isRequestLine(message: unknown): message is RequestLine {
  return typeof message === "object" && message !== null && "requestLine" in message;
}

/** Begins a line of the edge's log that is about a request. */
export const REQUEST_PREFIX = "npm-start-request ";

const MAX_TARGET_LENGTH = 200;
/** A link's token, in a hostname or anywhere else. Whoever has it can open the preview. */
const LINK_TOKEN = /[a-z2-7]{63}/gi;
const API_TOKEN = /pv[a-z]_[\w-]+/g;

/** One request at the edge, when its response's head was there. */
export interface ObservedRequest {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly durationMs: number;
}

/** The line about a request, for a person: method, host and path, status, milliseconds; no token in full. */
export function formatRequest({ method, url, status, durationMs }: ObservedRequest): string {
  const masked = url
    .replace(/^https?:\/\//, "")
    .replace(LINK_TOKEN, (token) => `${token.slice(0, 6)}…`)
    .replace(API_TOKEN, (token) => `${token.slice(0, 4)}…`);
  const target = masked.length > MAX_TARGET_LENGTH ? `${masked.slice(0, MAX_TARGET_LENGTH)}…` : masked;
  return `${method} ${target} ${status} ${durationMs} ms`;
}

/** @returns `undefined` for a line of the edge that is not about a request */
export function parseRequestLine(message: string): string | undefined {
  return message.startsWith(REQUEST_PREFIX) ? message.slice(REQUEST_PREFIX.length) : undefined;
}
