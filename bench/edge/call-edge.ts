import { request } from "node:http";
import { text } from "node:stream/consumers";

export interface EdgeCall {
  readonly method?: string;
  readonly path: string;
  readonly host: string;
  readonly token?: string;
  readonly body?: unknown;
}

/**
 * Calls a Worker by any hostname, which `fetch` cannot.
 *
 * @returns the response's JSON
 * @throws {Error} with status and body of any response but 2xx
 */
export async function callEdge<Result>(port: number, call: EdgeCall): Promise<Result> {
  const { method = "GET", path, host, token, body } = call;
  const headers = {
    host,
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(body !== undefined && { "content-type": "application/json" }),
  };
  const { status, content } = await new Promise<{ status: number; content: string }>((done, fail) => {
    const sent = request({ port, host: "127.0.0.1", method, path, headers }, (response) => {
      text(response).then((content) => done({ status: response.statusCode ?? 0, content }), fail);
    });
    sent.on("error", fail);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
  if (status < 200 || status > 299) throw new Error(`${method} ${path}: ${status} ${content}`);
  return (content === "" ? undefined : JSON.parse(content)) as Result;
}
