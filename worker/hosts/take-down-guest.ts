import type { Environment } from "../environment.ts";
import type { HostGuest } from "../objects/messages.ts";

/**
 * Removes a guest's route, unless a newer generation or another host holds it by now, and removes the guest from its
 * host's list.
 *
 * The list comes last: a call that is cut short is completed when it is repeated, by the next heartbeat at the latest.
 *
 * @param lasting see `HostObject.removeGuest`
 */
export async function takeDownGuest(
  environment: Pick<Environment, "SANDBOX" | "WORKSPACE" | "HOST">,
  hostId: string,
  guest: HostGuest,
  lasting = true,
): Promise<void> {
  const { sandboxId, workspace, generation } = guest;
  await environment.SANDBOX.getByName(sandboxId).detach(hostId, generation);
  await environment.WORKSPACE.getByName(workspace).endSandbox(sandboxId, generation);
  await environment.HOST.getByName(hostId).removeGuest(sandboxId, generation, lasting);
}
