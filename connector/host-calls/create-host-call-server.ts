import type { Logger } from "pino";
import { AttachError } from "../attachments.ts";
import { ControlError } from "../control/call-control.ts";
import type { JsonAnswer, JsonCall, JsonServer } from "../control/serve-json.ts";
import { serveJson } from "../control/serve-json.ts";
import type { Launching } from "./launch-sandbox.ts";
import { endSandbox, launchSandbox } from "./launch-sandbox.ts";
import type { Revoking } from "./revoke-links.ts";
import { revokeLinks } from "./revoke-links.ts";

export interface HostCallOptions {
  readonly socketPath: string;
  /** `undefined` on a host that does not start sandboxes. */
  readonly launching: Launching | undefined;
  readonly revoking: Revoking;
  readonly log: Logger;
}

const NO_SUCH_RESOURCE: JsonAnswer = { status: 404, body: { error: "no such resource" } };
const NO_LAUNCHER: JsonAnswer = { status: 501, body: { error: "this host starts no sandboxes" } };

/**
 * Serves what the edge asks of the host itself: `POST /sandboxes`, `DELETE /sandboxes/{id}`, `POST /revocations`.
 *
 * Only the relay leads here, and only with a pass of kind `host`, which only the edge can sign.
 */
export function createHostCallServer(options: HostCallOptions): Promise<JsonServer> {
  const onBug = (error: unknown): void => options.log.error({ err: error }, "bug in a call of the edge");
  return serveJson(options.socketPath, (call) => answer(call, options), onBug);
}

async function answer(call: JsonCall, options: HostCallOptions): Promise<JsonAnswer> {
  const { method, path, body } = call;
  const [collection, id] = path;
  if (collection === "revocations" && id === undefined && method === "POST") {
    return revokeLinks(body, options.revoking);
  }
  if (collection !== "sandboxes") return NO_SUCH_RESOURCE;
  if (options.launching === undefined) return NO_LAUNCHER;
  try {
    if (id === undefined && method === "POST") return await launchSandbox(body, options.launching);
    if (id !== undefined && method === "DELETE") return await endSandbox(id, options.launching);
    return NO_SUCH_RESOURCE;
  } catch (error) {
    if (error instanceof AttachError) return { status: 409, body: { error: error.message } };
    if (error instanceof ControlError)
      return { status: error.status === 400 ? 400 : 502, body: { error: error.message } };
    throw error;
  }
}
