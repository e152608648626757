import * as http from "node:http";
import { controlErrorSchema } from "../../shared/protocol/control-api.ts";

/** A program on this host refused a call, or did not respond. */
export class ControlError extends Error {
  override readonly name = "ControlError";
  /** HTTP status; 0 where there was no response. */
  readonly status: number;
  /** There is no socket, or no process listens on it: the call was not received. */
  readonly absent: boolean;

  constructor(message: string, status: number, absent = false) {
    super(message);
    this.status = status;
    this.absent = absent;
  }
}

/** Longer than an attach waits for the edge. */
const CONTROL_TIMEOUT_MS = 60_000;

/**
 * One call to a program that serves JSON on a Unix socket of this host.
 *
 * @throws {ControlError} whose message is a sentence for the operator
 */
export async function callControl(
  socketPath: string,
  method: string,
  path: string,
  body?: unknown,
  timeoutMs = CONTROL_TIMEOUT_MS,
): Promise<unknown> {
  const { status, text } = await exchange(
    { socketPath, method, path, signal: AbortSignal.timeout(timeoutMs) },
    body,
  ).catch((error: NodeJS.ErrnoException) => {
    const absent = error.code === "ENOENT" || error.code === "ECONNREFUSED";
    throw new ControlError(`no program responds on ${socketPath}: ${error.message}`, 0, absent);
  });
  const value = parseJson(text);
  if (status < 400 && (value !== undefined || text === "")) return value;
  const refused = controlErrorSchema.safeParse(value);
  throw new ControlError(refused.data?.error ?? `it answered ${status} without JSON`, status);
}

async function exchange(
  options: http.RequestOptions,
  body: unknown,
): Promise<{ readonly status: number; readonly text: string }> {
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    const request = http.request(options, resolve);
    request.on("error", reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return { status: response.statusCode ?? 0, text };
}

/** @returns `undefined` for what is not JSON: another program wrote it, so that is no bug of ours */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
