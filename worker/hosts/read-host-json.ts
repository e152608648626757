import { withTimeout } from "../../shared/with-timeout.ts";

/** Two exchanges with four bodies of 256 KiB, each byte as an escape of JSON, have less. */
export const MAX_HOST_JSON_BYTES = 8 * 1024 * 1024;

/** To the last byte, once there is a response. */
export const HOST_JSON_TIMEOUT_MS = 10_000;

/** @returns `undefined` where a host's response is no JSON, too long, or not over in time */
export async function readHostJson({ body }: Response): Promise<unknown> {
  if (body === null) return undefined;
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  try {
    return JSON.parse(await withTimeout(HOST_JSON_TIMEOUT_MS, readText(reader)));
  } catch {
    void reader.cancel().catch(() => {});
    return undefined;
  }
}

async function readText(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return text + decoder.decode();
    length += value.length;
    if (length > MAX_HOST_JSON_BYTES) throw new RangeError("the host's response is too long");
    text += decoder.decode(value, { stream: true });
  }
}
