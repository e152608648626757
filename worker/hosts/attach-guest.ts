import type { Refusal } from "../../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../../shared/refusal/refusal.ts";
import type { Environment } from "../environment.ts";
import type {
  AttachOffer,
  HostGuest,
  HostRecord,
  SandboxDescription,
  SandboxMembership,
} from "../objects/messages.ts";
import { startsInFuture } from "../objects/route.ts";

/** What a host says of a guest besides its name: its open ports, and who may visit them. */
export type AttachFacts = Pick<AttachOffer, "ports" | "loopbackPorts" | "access">;

const FUTURE = "The generation starts in the future. The host's clock may differ from ours.";

/**
 * Makes a guest of a host reachable.
 *
 * The sandbox is listed by its host and by its workspace before its route exists: a crash in between leaves a name
 * without a route, which the next heartbeat removes, and never a route that no list names. The host comes first: a
 * workspace that it may not serve must not list what it announces.
 *
 * A detach, or the host's removal, may overtake the attach. Its sandbox's object remembers the end then, and refuses
 * the attach: no route stays behind.
 *
 * The guest of a suspended sandbox or workspace is attached, too, and has no visitors: so it is reachable again as soon
 * as the suspension ends.
 *
 * @returns `request_invalid` for a start in the future, `not_found` for an unknown workspace, `forbidden` for a
 *   workspace that the host may not serve and for another workspace's sandbox, `host_full` for one sandbox too many,
 *   `conflict` for a generation that has ended or was overtaken
 */
export async function attachGuest(
  environment: Environment,
  { id: hostId, origin }: HostRecord,
  guest: HostGuest,
  more: AttachFacts,
): Promise<Refusal | undefined> {
  const { sandboxId, workspace, generation } = guest;
  if (startsInFuture(generation, Date.now())) return refuse("request_invalid", { detail: FUTURE });
  const host = environment.HOST.getByName(hostId);
  const refused: Refusal | undefined = await host.addGuest(guest);
  if (refused !== undefined) return refused;
  const members = environment.WORKSPACE.getByName(workspace);
  const membership: SandboxMembership | Refusal = await members.addSandbox(workspace, sandboxId, generation);
  if (isRefusal(membership)) {
    await host.removeGuest(sandboxId, generation);
    return membership;
  }
  const sandbox = environment.SANDBOX.getByName(sandboxId);
  const offer = { ...membership, hostId, origin, generation, ...more };
  const refusal: Refusal | undefined = await sandbox.attach(sandboxId, offer);
  if (refusal === undefined) return undefined;
  const known: SandboxDescription | Refusal = await sandbox.describe(workspace);
  if (isRefusal(known)) await members.removeSandbox(sandboxId, generation);
  await host.removeGuest(sandboxId, generation);
  return refusal;
}
