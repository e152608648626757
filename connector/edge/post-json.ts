import * as http from "node:http";
import * as https from "node:https";

/** More than a response about all guests of a full host takes. */
const MAX_RESPONSE_BYTES = 4 * 1024 * 1024;

/** Connections that are kept for later calls. */
const MAX_FREE_SOCKETS = 16;

export interface JsonPost {
  readonly url: string;
  readonly headers: http.OutgoingHttpHeaders;
  readonly body: unknown;
  /** For the whole exchange. */
  readonly timeoutMs: number;
}

export interface JsonReply {
  readonly status: number;
  readonly statusText: string;
  /** `undefined` for a body that is not JSON. */
  readonly value: unknown;
}

const keepAlive = { keepAlive: true, maxFreeSockets: MAX_FREE_SOCKETS };
const plainAgent = new http.Agent(keepAlive);
const tlsAgent = new https.Agent(keepAlive);

/**
 * Posts JSON. Redirects are not followed. Costs half the CPU of `fetch`, which counts where thousands of guests are announced.
 *
 * @throws {Error} without a whole response
 */
export async function postJson(post: JsonPost): Promise<JsonReply> {
  const signal = AbortSignal.timeout(post.timeoutMs);
  const first = await exchange(post, signal);
  if (first !== "stale") return first;
  const second = await exchange(post, signal);
  if (second === "stale") throw new Error("the connection was closed twice before a response");
  return second;
}

/** @returns "stale" where a kept connection was closed while the call was sent: it may be repeated, as all calls of a host */
function exchange({ url, headers, body }: JsonPost, signal: AbortSignal): Promise<JsonReply | "stale"> {
  return new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const isTls = url.startsWith("https:");
    const options: https.RequestOptions = {
      method: "POST",
      headers: { ...headers, "content-type": "application/json", "content-length": Buffer.byteLength(text) },
      agent: isTls ? tlsAgent : plainAgent,
      signal,
    };
    const request = (isTls ? https : http).request(url, options, (response) =>
      readText(response).then(
        (reply) => resolve(toReply(response, reply)),
        (error: unknown) => reject(error),
      ),
    );
    request.on("error", (error: NodeJS.ErrnoException) => {
      if (request.reusedSocket && error.code === "ECONNRESET") resolve("stale");
      else reject(error);
    });
    request.end(text);
  });
}

function readText(response: http.IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => {
      text += chunk;
      if (text.length > MAX_RESPONSE_BYTES)
        response.destroy(new Error(`the response is longer than ${MAX_RESPONSE_BYTES} bytes`));
    });
    response.on("error", reject);
    response.on("end", () => resolve(text));
  });
}

function toReply({ statusCode = 0, statusMessage = "" }: http.IncomingMessage, text: string): JsonReply {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  return { status: statusCode, statusText: statusMessage, value };
}
