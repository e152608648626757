import { parseSandboxId } from "../../shared/sandbox-id.ts";
import { errorResponse } from "../control/error-response.ts";
import type { JsonResponse } from "../control/serve-json.ts";
import type { LaunchContext } from "./launch-sandbox.ts";

/**
 * Ends a guest by the launcher, then detaches it. In this order, because the edge can repeat the call only while it
 * knows the sandbox's host.
 *
 * @throws {ControlError} the guest may still run, and stays attached
 */
export async function endSandbox(
  id: string,
  { launcher, attachments }: LaunchContext,
): Promise<JsonResponse> {
  const sandboxId = parseSandboxId(id);
  if (sandboxId === undefined) return errorResponse(404, "no such resource");
  await launcher.end(sandboxId);
  await attachments.detach(sandboxId);
  return { status: 200, body: { sandbox_id: sandboxId } };
}
