import * as z from "zod";
import type { HostApiVerb } from "../../../shared/protocol/host-api.ts";
import {
  attachSchema,
  decodeGuest,
  decodeHeartbeatChanges,
  encodeGuest,
  guestSchema,
  heartbeatResponseSchema,
  heartbeatSchema,
  hostApiPath,
  portReportResponseSchema,
  portReportSchema,
} from "../../../shared/protocol/host-api.ts";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { isRefusal } from "../../../shared/refusal/refusal.ts";
import { attachGuest } from "../../hosts/attach-guest.ts";
import { takeDownGuest } from "../../hosts/take-down-guest.ts";
import type { HostGuest, Reconciliation } from "../../objects/messages.ts";
import type { ApiApp } from "../api-app.ts";
import { defineCall } from "../call/call.ts";
import { mountCall } from "../call/mount-call.ts";
import { hostParams } from "../schemas/path-params.ts";

const shared = {
  method: "post",
  tag: "Hosts",
  who: "host",
  params: hostParams,
} as const;

const guestEcho = z.object(guestSchema.shape);

const attachCall = defineCall({
  ...shared,
  id: "attachGuest",
  path: pathOf("attach"),
  summary: "Make a guest reachable",
  description:
    "A repeated call changes nothing. `conflict` for a generation that was overtaken on another host; `generation_ended` for one that has ended while this host was the last to have the sandbox.",
  body: attachSchema,
  response: { status: 200, description: "It is reachable.", schema: guestEcho },
  refusals: ["not_found", "forbidden", "host_full", "conflict", "generation_ended"],
});

const detachCall = defineCall({
  ...shared,
  id: "detachGuest",
  path: pathOf("detach"),
  summary: "Take a guest's route down",
  description: "Changes nothing where the route belongs to a newer generation or another host.",
  body: guestSchema,
  response: { status: 200, description: "That generation is not reachable.", schema: guestEcho },
});

const portsCall = defineCall({
  ...shared,
  id: "reportPorts",
  path: pathOf("ports"),
  summary: "Report a guest's open ports",
  body: portReportSchema,
  response: { status: 200, description: "The ports are known.", schema: portReportResponseSchema },
  refusals: ["forbidden", "conflict"],
});

const heartbeatCall = defineCall({
  ...shared,
  id: "heartbeat",
  path: pathOf("heartbeat"),
  summary: "Report the attached guests",
  description:
    "The edge removes the routes of guests that the host no longer has, and names the guests whose routes it does not have. A heartbeat has all guests, or what has changed since the one before (`since`).",
  body: heartbeatSchema,
  response: { status: 200, description: "The differences.", schema: heartbeatResponseSchema },
});

/** The guests of a host, as its connector reports them: the calls of `shared/protocol/host-api.ts`. */
export function mountGuests(app: ApiApp): void {
  mountCall(
    app,
    attachCall,
    async (context, { body: { workspace, ports, loopback_ports, access, ...guest } }) => {
      const attached = { ...decodeGuest(guest), workspace };
      const facts = {
        ports,
        ...(loopback_ports !== undefined && { loopbackPorts: loopback_ports }),
        ...(access !== undefined && { access }),
      };
      const refusal = await attachGuest(context.env.environment, context.get("host"), attached, facts);
      return refusal ?? encodeGuest(attached);
    },
  );

  mountCall(app, detachCall, async (context, { body }) => {
    const { environment } = context.env;
    const { id: hostId } = context.get("host");
    const { sandboxId, generation } = decodeGuest(body);
    const host = environment.HOST.getByName(hostId);
    const guest: HostGuest | undefined = await host.findGuest(sandboxId, generation);
    if (guest !== undefined) await takeDownGuest(environment, hostId, guest, false);
    return body;
  });

  mountCall(app, portsCall, async (context, { body: { sandbox_id, generation, ports, loopback_ports } }) => {
    const sandbox = context.env.environment.SANDBOX.getByName(sandbox_id);
    const { id: hostId, workspaces } = context.get("host");
    const refusal: Refusal | undefined = await sandbox.reportPorts(
      hostId,
      generation,
      ports,
      workspaces,
      loopback_ports,
    );
    return refusal ?? { sandbox_id, ports };
  });

  mountCall(app, heartbeatCall, async (context, { body }) => {
    const { environment } = context.env;
    const { id: hostId, caller } = context.get("host");
    const changes = decodeHeartbeatChanges(body);
    const host = environment.HOST.getByName(hostId);
    const reconciliation: Reconciliation | Refusal =
      changes === undefined
        ? await host.reconcile(body.guests.map(decodeGuest), body.taken_at, caller)
        : await host.reconcileChanges(changes, body.taken_at, caller);
    if (isRefusal(reconciliation)) return reconciliation;
    const { gone, missing, revision, resend } = reconciliation;
    await Promise.all(gone.map((guest) => takeDownGuest(environment, hostId, guest)));
    return {
      forgotten: gone.map(({ sandboxId }) => sandboxId),
      missing,
      ...(revision !== undefined && { revision }),
      ...(resend && { resend }),
    };
  });
}

function pathOf(verb: HostApiVerb): `/${string}` {
  return hostApiPath("{host}", verb) as `/${string}`;
}
