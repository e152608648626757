import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { refuse } from "../../../shared/refusal/refusal.ts";

/** More than any call of the API needs, the heartbeat of a host with the most guests included. */
export const MAX_API_BODY_BYTES = 1024 * 1024;

/**
 * Reads a JSON body and ignores its content type; no body is an empty object.
 *
 * @returns the value, boxed because a body may have the form of a refusal, or `request_invalid` for one that is too
 *   large or not JSON
 */
export async function readBody(request: Request): Promise<{ readonly value: unknown } | Refusal> {
  const text = await readText(request);
  if (text === undefined) {
    return refuse("request_invalid", { detail: `The body is larger than ${MAX_API_BODY_BYTES} bytes.` });
  }
  try {
    return { value: text === "" ? {} : JSON.parse(text) };
  } catch {
    return refuse("request_invalid", { detail: "The body is not valid JSON." });
  }
}

async function readText(request: Request): Promise<string | undefined> {
  if (Number(request.headers.get("content-length") ?? 0) > MAX_API_BODY_BYTES) return undefined;
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    if (length > MAX_API_BODY_BYTES) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
