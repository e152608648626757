import type { OpenAPIHono } from "@hono/zod-openapi";
import { z } from "@hono/zod-openapi";
import {
  attachSchema,
  decodeGuest,
  encodeGuest,
  guestSchema,
  heartbeatResponseSchema,
  heartbeatSchema,
  portReportResponseSchema,
  portReportSchema,
} from "../../../shared/protocol/host-api.ts";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { attachGuest } from "../../hosts/attach-guest.ts";
import { takeDownGuest } from "../../hosts/take-down-guest.ts";
import type { HostGuest } from "../../objects/messages.ts";
import type { ApiEnvironment } from "../api-environment.ts";
import { defineCall } from "../call/call.ts";
import { mountCall } from "../call/mount-call.ts";
import { hostParams } from "../schemas/name-schema.ts";

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
  path: "/v1/hosts/{host}/attach",
  summary: "Make a guest reachable",
  description: "Again changes nothing. `conflict` for a generation that has ended or was overtaken.",
  body: attachSchema,
  answer: { status: 200, description: "It is reachable.", schema: guestEcho },
  refusals: ["not_found", "forbidden", "conflict"],
});

const detachCall = defineCall({
  ...shared,
  id: "detachGuest",
  path: "/v1/hosts/{host}/detach",
  summary: "Take a guest's route down",
  description: "Does nothing where a newer generation or another host holds the route.",
  body: guestSchema,
  answer: { status: 200, description: "That generation is not reachable.", schema: guestEcho },
});

const portsCall = defineCall({
  ...shared,
  id: "reportPorts",
  path: "/v1/hosts/{host}/ports",
  summary: "Report a guest's open ports",
  body: portReportSchema,
  answer: { status: 200, description: "The ports are known.", schema: portReportResponseSchema },
  refusals: ["conflict"],
});

const heartbeatCall = defineCall({
  ...shared,
  id: "heartbeat",
  path: "/v1/hosts/{host}/heartbeat",
  summary: "Say what is attached",
  description: "Reconciles: the edge forgets what the host no longer has, and asks for what it has lost.",
  body: heartbeatSchema,
  answer: { status: 200, description: "What differs.", schema: heartbeatResponseSchema },
});

/** The calls of connectors (`shared/protocol/host-api.ts`). */
export function mountHosts(app: OpenAPIHono<ApiEnvironment>): void {
  mountCall(app, attachCall, async (context, { body: { workspace, ports, ...guest } }) => {
    const attached = { ...decodeGuest(guest), workspace };
    const refusal = await attachGuest(context.env.environment, context.get("host"), attached, ports);
    return refusal ?? encodeGuest(attached);
  });

  mountCall(app, detachCall, async (context, { body }) => {
    const { environment } = context.env;
    const { id: hostId } = context.get("host");
    const { sandboxId, generation } = decodeGuest(body);
    const host = environment.HOST.getByName(hostId);
    const guest: HostGuest | undefined = await host.findGuest(sandboxId, generation);
    if (guest !== undefined) await takeDownGuest(environment, hostId, guest);
    return body;
  });

  mountCall(app, portsCall, async (context, { body: { sandbox_id, generation, ports } }) => {
    const sandbox = context.env.environment.SANDBOX.getByName(sandbox_id);
    const { id: hostId } = context.get("host");
    const refusal: Refusal | undefined = await sandbox.reportPorts(hostId, generation, ports);
    return refusal ?? { sandbox_id, ports };
  });

  mountCall(app, heartbeatCall, async (context, { body }) => {
    const { environment } = context.env;
    const { id: hostId } = context.get("host");
    const host = environment.HOST.getByName(hostId);
    const { gone, missing } = await host.reconcile(body.guests.map(decodeGuest), body.taken_at);
    await Promise.all(gone.map((guest: HostGuest) => takeDownGuest(environment, hostId, guest)));
    return { forgotten: gone.map(({ sandboxId }) => sandboxId), missing };
  });
}
