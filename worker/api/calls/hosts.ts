import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Refusal } from "../../../shared/refusal.ts";
import { isRefusal, refuse } from "../../../shared/refusal.ts";
import type { HostGuest } from "../../objects/host.ts";
import { startsInFuture } from "../../objects/route.ts";
import type { SandboxDescription } from "../../objects/sandbox.ts";
import type { Enlistment } from "../../objects/workspace.ts";
import type { ApiEnvironment } from "../api-environment.ts";
import { workspaceOf } from "../authenticate.ts";
import { mountCall } from "../call/mount-call.ts";
import { attachCall, detachCall, heartbeatCall, portsCall } from "./host-calls.ts";
import { takeDownGuest } from "./take-down-guest.ts";

const FUTURE = "The generation starts in the future. The host's clock may differ from ours.";

/** What connectors tell: who is attached, who is gone, which ports are open, that they are alive. */
export function mountHosts(app: OpenAPIHono<ApiEnvironment>): void {
  /** Enters the sandbox in both indexes before its route exists: a crash in between leaves a name, never an orphan route. */
  mountCall(app, attachCall, async (context, { body }) => {
    const { id: hostId, origin } = context.get("host");
    const { HOST, SANDBOX } = context.env.environment;
    const { sandbox_id: sandboxId, workspace, generation, ports } = body;
    if (startsInFuture(generation, Date.now())) return refuse("request_invalid", { detail: FUTURE });
    const enlistment: Enlistment | Refusal = await workspaceOf(context, workspace).enlist(
      workspace,
      sandboxId,
      generation,
    );
    if (isRefusal(enlistment)) return enlistment;
    const host = HOST.getByName(hostId);
    await host.enter({ sandboxId, workspace, generation });
    const offer = { ...enlistment, hostId, origin, generation, ports };
    const refusal: Refusal | undefined = await SANDBOX.getByName(sandboxId).attach(sandboxId, offer);
    if (refusal !== undefined) {
      const members = workspaceOf(context, workspace);
      const known: SandboxDescription | Refusal = await SANDBOX.getByName(sandboxId).describe(workspace);
      if (isRefusal(known)) await members.strike(sandboxId, generation);
      await host.strike(sandboxId, generation);
      return refusal;
    }
    // A detach, or the host's removal, may have overtaken the attach: its route must not stay behind.
    if ((await host.find(sandboxId, generation)) !== undefined) return { sandbox_id: sandboxId, generation };
    await takeDownGuest(context.env.environment, hostId, { sandboxId, workspace, generation });
    return refuse("conflict");
  });

  mountCall(app, detachCall, async (context, { body }) => {
    const { environment } = context.env;
    const { id: hostId } = context.get("host");
    const { sandbox_id: sandboxId, generation } = body;
    const host = environment.HOST.getByName(hostId);
    const guest: HostGuest | undefined = await host.find(sandboxId, generation);
    if (guest !== undefined) await takeDownGuest(environment, hostId, guest);
    return { sandbox_id: sandboxId, generation };
  });

  mountCall(app, portsCall, async (context, { body: { sandbox_id: sandboxId, generation, ports } }) => {
    const sandbox = context.env.environment.SANDBOX.getByName(sandboxId);
    const { id: hostId } = context.get("host");
    const refusal: Refusal | undefined = await sandbox.reportPorts(hostId, generation, ports);
    return refusal ?? { sandbox_id: sandboxId, ports };
  });

  mountCall(app, heartbeatCall, async (context, { body }) => {
    const { environment } = context.env;
    const { id: hostId } = context.get("host");
    const guests = body.guests.map(({ sandbox_id: sandboxId, generation }) => ({ sandboxId, generation }));
    const { gone, missing } = await environment.HOST.getByName(hostId).reconcile(guests, body.taken_at);
    await Promise.all(gone.map((guest) => takeDownGuest(environment, hostId, guest)));
    return { forgotten: gone.map(({ sandboxId }) => sandboxId), missing };
  });
}
