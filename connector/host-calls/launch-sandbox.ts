import type { Logger } from "pino";
import { z } from "zod";
import type { GuestOffer, LaunchOrder } from "../../shared/protocol/control-api.ts";
import {
  guestOfferSchema,
  LAUNCHER_SANDBOXES_PATH,
  launchedGuestSchema,
  launcherSandboxPath,
} from "../../shared/protocol/control-api.ts";
import { launchSchema } from "../../shared/protocol/host-calls.ts";
import { parseSandboxId } from "../../shared/sandbox-id.ts";
import type { Attachments } from "../attachments.ts";
import { ControlError, callControl } from "../control/call-control.ts";
import type { JsonAnswer } from "../control/serve-json.ts";

export interface Launching {
  /** Unix socket of the program on this host that starts and ends guests. */
  readonly launcherSocket: string;
  readonly attachments: Attachments;
  readonly log: Logger;
}

/** With the wait for the edge that follows, less than the relay waits for a response's head. */
const LAUNCH_TIMEOUT_MS = 90_000;
const END_TIMEOUT_MS = 30_000;

/**
 * Has the launcher start a guest, and attaches it. A guest that cannot be attached is ended: nobody would know of it.
 *
 * @throws {ControlError} the launcher's no, or an answer that is none
 * @throws {AttachError} the guest it started cannot be reached
 */
export async function launchSandbox(body: unknown, launching: Launching): Promise<JsonAnswer> {
  const asked = launchSchema.safeParse(body);
  if (!asked.success) return { status: 400, body: { error: z.prettifyError(asked.error) } };
  const { sandbox_id: sandboxId, workspace, template } = asked.data;
  try {
    const offer = await startGuest(launching, sandboxId, workspace, template);
    const { edgeKnows } = await launching.attachments.attach(offer);
    return { status: 201, body: { sandbox_id: sandboxId, edge_knows: edgeKnows } };
  } catch (error) {
    if (!isLaunchersNo(error)) await endLeftover(launching, sandboxId);
    throw error;
  }
}

/** Has the launcher end a guest, then detaches it: as long as the machine may run, the edge knows whom to ask again. */
export async function endSandbox(id: string, launching: Launching): Promise<JsonAnswer> {
  const sandboxId = parseSandboxId(id);
  if (sandboxId === undefined) return { status: 404, body: { error: "no such resource" } };
  await endGuest(launching, sandboxId);
  await launching.attachments.detach(sandboxId);
  return { status: 200, body: { sandbox_id: sandboxId } };
}

async function startGuest(
  { launcherSocket }: Launching,
  sandboxId: string,
  workspace: string,
  template: string,
): Promise<GuestOffer> {
  const order: LaunchOrder = { sandboxId, template };
  const started = await callControl(
    launcherSocket,
    "POST",
    LAUNCHER_SANDBOXES_PATH,
    order,
    LAUNCH_TIMEOUT_MS,
  );
  const launched = launchedGuestSchema.safeParse(started);
  if (!launched.success) throw new ControlError(`the launcher's ${z.prettifyError(launched.error)}`, 0);
  return guestOfferSchema.parse({ ...launched.data, sandboxId, workspace });
}

async function endLeftover(launching: Launching, sandboxId: string): Promise<void> {
  try {
    await endGuest(launching, sandboxId);
  } catch (error) {
    launching.log.error({ sandbox: sandboxId, err: error }, "guest may run that nobody knows of");
  }
}

async function endGuest({ launcherSocket }: Launching, sandboxId: string): Promise<void> {
  await callControl(launcherSocket, "DELETE", launcherSandboxPath(sandboxId), undefined, END_TIMEOUT_MS);
}

/** It has started nothing, and what runs under that id, if anything does, is not this call's to end. */
function isLaunchersNo(error: unknown): boolean {
  return error instanceof ControlError && error.status >= 400 && error.status < 500;
}
