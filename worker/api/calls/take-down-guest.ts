import type { Environment } from "../../environment.ts";
import type { HostGuest } from "../../objects/host.ts";

/** Removes a guest's route, unless a newer generation or another host holds it by now. */
export async function takeDownGuest(
  environment: Environment,
  hostId: string,
  guest: HostGuest,
): Promise<void> {
  const gone: boolean = await environment.SANDBOX.getByName(guest.sandboxId).detach(hostId, guest.generation);
  if (gone) await environment.WORKSPACE.getByName(guest.workspace).strike(guest.sandboxId);
}
