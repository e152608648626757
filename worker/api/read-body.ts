import type { z } from "zod";
import type { Refusal } from "../../shared/refusal.ts";
import { refuse } from "../../shared/refusal.ts";
import type { ApiContext } from "./api-environment.ts";

/** No call of the API needs more, heartbeats of a full host included. */
export const MAX_API_BODY_BYTES = 1024 * 1024;

/**
 * Reads a JSON body and checks it; no body is an empty object.
 *
 * @returns the checked value, or `request_invalid` naming each wrong member
 */
export async function readBody<T>(context: ApiContext, schema: z.ZodType<T>): Promise<T | Refusal> {
  const text = await readText(context.req.raw);
  if (text === undefined) {
    return refuse("request_invalid", { detail: `The body is larger than ${MAX_API_BODY_BYTES} bytes.` });
  }
  let value: unknown;
  try {
    value = text === "" ? {} : JSON.parse(text);
  } catch {
    return refuse("request_invalid", { detail: "The body is not valid JSON." });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map((issue) => ({
    path: `/${issue.path.join("/")}`,
    message: issue.message,
  }));
  const detail = errors.map(({ path, message }) => `${path} ${message}`).join("; ");
  return refuse("request_invalid", { detail, errors });
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
