import { createRequire } from "node:module";

/** A message as Node's own parser reads it. */
export interface NodeMessage {
  readonly method: string | undefined;
  readonly url: string;
  readonly status: number;
  readonly minor: number;
  /** Names and values in turn, as they came. */
  readonly fields: readonly string[];
  body: string;
  complete: boolean;
}

interface HttpParser {
  [event: number]: unknown;
  initialize(type: number, resource: object, maxHeaderBytes: number, lenientFlags: number): void;
  execute(bytes: Buffer): number | Error;
  finish(): undefined | Error;
}

interface HttpCommon {
  HTTPParser: { new (): HttpParser; REQUEST: number; RESPONSE: number };
  methods: readonly string[];
}

/** The parser of `node:http`, without its sockets, so that its results are known at once. */
const { HTTPParser, methods } = createRequire(import.meta.url)("_http_common") as HttpCommon;

/** Callback slots of Node's `src/node_http_parser.cc`. */
const ON_HEADERS = 1;
const ON_HEADERS_COMPLETE = 2;
const ON_BODY = 3;
const ON_MESSAGE_COMPLETE = 4;

/** Above the relay's limit, so that size alone never decides. */
const MAX_HEADER_BYTES = 1024 * 1024;
const SKIP_BODY = 1;

/** Node's strict parser (llhttp without leniency), fed piece by piece. */
export class NodeParser {
  readonly messages: NodeMessage[] = [];
  error: Error | undefined;
  readonly #parser = new HTTPParser();

  /**
   * @param onMessage called as each message is complete
   * @param toHead the responses are to HEAD requests
   */
  constructor(type: "request" | "response", onMessage?: (message: NodeMessage) => void, toHead = false) {
    let flushed: string[] = [];
    let flushedUrl = "";
    const parser = this.#parser;
    parser.initialize(type === "request" ? HTTPParser.REQUEST : HTTPParser.RESPONSE, {}, MAX_HEADER_BYTES, 0);
    parser[ON_HEADERS] = (fields: string[], url: string) => {
      flushed.push(...fields);
      flushedUrl += url;
    };
    parser[ON_HEADERS_COMPLETE] = (
      _major: number,
      minor: number,
      fields: string[] | undefined,
      method: number | undefined,
      url: string | undefined,
      status: number | undefined,
    ) => {
      this.messages.push({
        method: method === undefined ? undefined : methods[method],
        url: flushedUrl + (url ?? ""),
        status: status ?? 0,
        minor,
        fields: [...flushed, ...(fields ?? [])],
        body: "",
        complete: false,
      });
      flushed = [];
      flushedUrl = "";
      return toHead && (status ?? 0) >= 200 ? SKIP_BODY : 0;
    };
    parser[ON_BODY] = (bytes: Buffer) => {
      this.messages.at(-1)!.body += bytes.toString("latin1");
    };
    parser[ON_MESSAGE_COMPLETE] = () => {
      // Trailers are reported in the same way as the beginning of a long head.
      flushed = [];
      flushedUrl = "";
      const message = this.messages.at(-1)!;
      message.complete = true;
      onMessage?.(message);
    };
  }

  feed(bytes: Buffer): this {
    if (this.error !== undefined || bytes.length === 0) return this;
    const outcome = this.#parser.execute(bytes);
    if (typeof outcome !== "number") this.error = outcome;
    return this;
  }

  /** The sender has finished. */
  finish(): this {
    if (this.error === undefined) this.error = this.#parser.finish();
    return this;
  }
}

/** A message's fields as `name: value` lines in order, without those of which `isLeftOut` is true. */
export function fieldLines(message: NodeMessage, isLeftOut: (name: string) => boolean): readonly string[] {
  const lines: string[] = [];
  for (let index = 0; index < message.fields.length; index += 2) {
    const name = message.fields[index]!.toLowerCase();
    if (!isLeftOut(name)) lines.push(`${name}: ${message.fields[index + 1]!.trim()}`);
  }
  return lines;
}

/** Lower-case names that a message's `Connection` fields list. */
export function connectionNames(message: NodeMessage): ReadonlySet<string> {
  const names = new Set<string>();
  for (let index = 0; index < message.fields.length; index += 2) {
    if (message.fields[index]!.toLowerCase() !== "connection") continue;
    for (const name of message.fields[index + 1]!.split(",")) names.add(name.trim().toLowerCase());
  }
  return names;
}
