import type { Problem } from "../../sdk/typescript/src/api/types.ts";
import { CallError } from "./problem.ts";

export type Method = "GET" | "POST" | "PUT" | "DELETE";

/** Calls of the API with the token of this tab. */
export class Client {
  readonly origin: string;
  readonly #token: string;

  constructor(origin: string, token: string) {
    this.origin = origin;
    this.#token = token;
  }

  /** @throws {CallError} */
  async call<T>(method: Method, path: string, body?: unknown): Promise<T> {
    const response = await this.open(method, path, body);
    if (response.status === 204) return undefined as T;
    const isJson = (response.headers.get("content-type") ?? "").includes("json");
    return (isJson ? await response.json() : await response.text()) as T;
  }

  /** The response, whose body is the caller's to read. @throws {CallError} */
  async open(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
    const response = await fetch(`${this.origin}/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
      credentials: "omit",
      referrerPolicy: "no-referrer",
    }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error instanceof TypeError ? new CallError(0, {}) : error;
    });
    if (response.ok) return response;
    const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
    throw new CallError(response.status, problem);
  }
}

/** The API's origin, which the Worker has written into the page. */
export function apiOrigin(): string {
  return document.querySelector<HTMLMetaElement>("meta[name=api-origin]")?.content ?? location.origin;
}
