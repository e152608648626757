import type { Logger } from "pino";
import * as z from "zod";
import type { LaunchResponse } from "../../shared/protocol/host-calls.ts";
import { launchSchema } from "../../shared/protocol/host-calls.ts";
import type { Attachments } from "../attachments.ts";
import { ControlError } from "../control/call-control.ts";
import { errorResponse } from "../control/error-response.ts";
import type { JsonResponse } from "../control/serve-json.ts";
import type { Launcher } from "./launcher.ts";

export interface LaunchContext {
  readonly launcher: Launcher;
  readonly attachments: Attachments;
  readonly log: Logger;
}

/**
 * Starts a guest by the launcher, and attaches it. A guest that cannot be attached is ended, because no other call
 * would end it; so a sandbox that runs already is refused before anything is started.
 *
 * @throws {ControlError} the launcher's refusal, or a response that is not in the contract
 * @throws {AttachError} the guest that it started cannot be reached
 */
export async function launchSandbox(body: unknown, context: LaunchContext): Promise<JsonResponse> {
  const parsed = launchSchema.safeParse(body);
  if (!parsed.success) return errorResponse(400, z.prettifyError(parsed.error));
  const { sandbox_id: sandboxId, workspace, template } = parsed.data;
  if (context.attachments.isAttached(sandboxId)) return errorResponse(409, "the sandbox runs here already");
  try {
    const { offer, size } = await context.launcher.start({ sandboxId, template }, workspace);
    const { edgeKnows } = await context.attachments.attach(offer);
    const launched: LaunchResponse = {
      sandbox_id: sandboxId,
      edge_knows: edgeKnows,
      ...(size !== undefined && { size }),
    };
    return { status: 201, body: launched };
  } catch (error) {
    if (!isLauncherRefusal(error)) await endUnattached(sandboxId, context);
    throw error;
  }
}

async function endUnattached(sandboxId: string, { launcher, log }: LaunchContext): Promise<void> {
  try {
    await launcher.end(sandboxId);
  } catch (error) {
    log.error({ sandbox: sandboxId, err: error }, "guest may run without being attached");
  }
}

/** The launcher has started nothing. A guest that runs under that id was started by another call, and stays. */
function isLauncherRefusal(error: unknown): boolean {
  return error instanceof ControlError && error.status >= 400 && error.status < 500;
}
