import type { Logger } from "pino";
import { z } from "zod";
import { parseSandboxId } from "../../shared/sandbox-id.ts";
import type { Attachments } from "../attachments.ts";
import { AttachError } from "../attachments.ts";
import { ControlError, callControl } from "../control/control-client.ts";
import type { JsonAnswer, JsonCall, JsonServer } from "../control/serve-json.ts";
import { serveJson } from "../control/serve-json.ts";
import { guestOfferSchema } from "../guests/guest-record.ts";

export interface LaunchOptions {
  readonly socketPath: string;
  /** Unix socket of the program on this host that starts and ends guests. */
  readonly launcherSocket: string;
  readonly attachments: Attachments;
  readonly log: Logger;
}

const launchSchema = z.strictObject({
  sandbox_id: z.uuid(),
  workspace: z.string().min(1).max(63),
  template: z.string().min(1).max(63),
});

/** What a launcher answers about a guest that it has started. */
const launchedSchema = guestOfferSchema.pick({
  address: true,
  tap: true,
  namespace: true,
  agentPort: true,
  ports: true,
});

/**
 * Starts and ends sandboxes for the edge: `POST /sandboxes`, `DELETE /sandboxes/{id}`.
 *
 * Only the relay leads here, and only with a pass for `LAUNCH_SUBJECT`, which nobody but the edge can make. The
 * launcher answers the same two calls with `{sandboxId, template}` and the guest's address.
 */
export function createLaunchServer(options: LaunchOptions): Promise<JsonServer> {
  const onBug = (error: unknown): void => options.log.error({ err: error }, "bug in launch API");
  return serveJson(options.socketPath, (call) => answer(call, options), onBug);
}

async function answer({ method, path, body }: JsonCall, options: LaunchOptions): Promise<JsonAnswer> {
  const [collection, id] = path;
  try {
    if (collection === "sandboxes" && id === undefined && method === "POST")
      return await launch(body, options);
    const sandboxId = parseSandboxId(id ?? "");
    if (collection === "sandboxes" && sandboxId !== undefined && method === "DELETE") {
      return await end(sandboxId, options);
    }
    return { status: 404, body: { error: "no such resource" } };
  } catch (error) {
    if (error instanceof AttachError) return { status: 409, body: { error: error.message } };
    if (error instanceof ControlError)
      return { status: error.status === 400 ? 400 : 502, body: { error: error.message } };
    throw error;
  }
}

async function launch(body: unknown, { launcherSocket, attachments }: LaunchOptions): Promise<JsonAnswer> {
  const asked = launchSchema.safeParse(body);
  if (!asked.success) return { status: 400, body: { error: z.prettifyError(asked.error) } };
  const { sandbox_id: sandboxId, workspace, template } = asked.data;
  const started = await callControl(launcherSocket, "POST", "/sandboxes", { sandboxId, template });
  const { edgeKnows } = await attachments.attach({
    ...guestOfferSchema.parse({ ...launchedSchema.parse(started), sandboxId, workspace }),
  });
  return { status: 201, body: { sandbox_id: sandboxId, edge_knows: edgeKnows } };
}

async function end(sandboxId: string, { launcherSocket, attachments }: LaunchOptions): Promise<JsonAnswer> {
  await attachments.detach(sandboxId);
  await callControl(launcherSocket, "DELETE", `/sandboxes/${sandboxId}`);
  return { status: 200, body: { sandbox_id: sandboxId } };
}
