import { z } from "zod";
import { parseSandboxId } from "../../shared/sandbox-id.ts";
import type { Attachments } from "../attachments.ts";
import { callControl } from "../control/control-client.ts";
import type { JsonAnswer } from "../control/serve-json.ts";
import { guestOfferSchema } from "../guests/guest-record.ts";

export interface Launching {
  /** Unix socket of the program on this host that starts and ends guests. */
  readonly launcherSocket: string;
  readonly attachments: Attachments;
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
 * Has the launcher start a guest, and attaches it.
 *
 * @throws {ControlError} the launcher's no
 * @throws {AttachError} the guest it started cannot be reached
 */
export async function launchSandbox(body: unknown, launching: Launching): Promise<JsonAnswer> {
  const { launcherSocket, attachments } = launching;
  const asked = launchSchema.safeParse(body);
  if (!asked.success) return { status: 400, body: { error: z.prettifyError(asked.error) } };
  const { sandbox_id: sandboxId, workspace, template } = asked.data;
  const started = await callControl(launcherSocket, "POST", "/sandboxes", { sandboxId, template });
  const { edgeKnows } = await attachments.attach({
    ...guestOfferSchema.parse({ ...launchedSchema.parse(started), sandboxId, workspace }),
  });
  return { status: 201, body: { sandbox_id: sandboxId, edge_knows: edgeKnows } };
}

/** Detaches a guest, and has the launcher end it. */
export async function endSandbox(id: string, launching: Launching): Promise<JsonAnswer> {
  const { launcherSocket, attachments } = launching;
  const sandboxId = parseSandboxId(id);
  if (sandboxId === undefined) return { status: 404, body: { error: "no such resource" } };
  await attachments.detach(sandboxId);
  await callControl(launcherSocket, "DELETE", `/sandboxes/${sandboxId}`);
  return { status: 200, body: { sandbox_id: sandboxId } };
}
