import * as z from "zod";
import { DEBUGGER_PORT, MAX_PRIVATE_PORTS } from "../../../../shared/access.ts";
import { nameSchema, portSchema } from "../../../../shared/protocol/schemas.ts";
import type { Refusal } from "../../../../shared/refusal/refusal.ts";
import { isRefusal } from "../../../../shared/refusal/refusal.ts";
import type { ApiApp } from "../../api-app.ts";
import type { ApiContext } from "../../api-environment.ts";
import { findOwnOrg } from "../../authorise/find-own-org.ts";
import { defineCall } from "../../call/call.ts";
import { mountCall } from "../../call/mount-call.ts";
import { orgParams } from "../../schemas/path-params.ts";

const privatePorts = z
  .array(portSchema)
  .max(MAX_PRIVATE_PORTS)
  .meta({ description: "TCP ports at which debuggers and the like listen.", example: [DEBUGGER_PORT, 5678] });

const responseSchema = z
  .object({ org: nameSchema.describe("The org."), private_ports: privatePorts })
  .meta({ id: "PrivatePorts" });

const shared = {
  path: "/v1/orgs/{org}/private-ports",
  tag: "Sandboxes",
  who: "member",
  params: orgParams,
  paramsRefusal: "not_found",
  response: { status: 200, description: "All of them.", schema: responseSchema },
} as const;

const showCall = defineCall({
  ...shared,
  id: "getPrivatePorts",
  method: "get",
  summary: "Show an org's private ports",
});

const changeCall = defineCall({
  ...shared,
  id: "putPrivatePorts",
  method: "put",
  role: "org",
  summary: "Change an org's private ports",
  description: `In all of its sandboxes these ports are private while their servers listen on loopback only, unless a port's own access says otherwise. ${DEBUGGER_PORT}, Node's debugger, always is one of them.`,
  body: z.strictObject({ private_ports: privatePorts }),
});

const resetCall = defineCall({
  ...shared,
  id: "resetPrivatePorts",
  method: "delete",
  role: "org",
  summary: "Reset an org's private ports",
  description: `Only ${DEBUGGER_PORT} is left.`,
});

/** The ports that are private while they are bound to loopback only. */
export function mountPrivatePorts(app: ApiApp): void {
  mountCall(app, showCall, async (context, { params }) => {
    const org = await findOwnOrg(context, params.org);
    if (isRefusal(org)) return org;
    const listed: readonly number[] = await context.env.environment.ORG.getByName(org.id).listPrivatePorts();
    return describe(org.id, listed);
  });

  mountCall(app, changeCall, (context, { params, body }) => change(context, params.org, body.private_ports));

  mountCall(app, resetCall, (context, { params }) => change(context, params.org, []));
}

async function change(
  context: ApiContext,
  id: string,
  offered: readonly number[],
): Promise<z.input<typeof responseSchema> | Refusal> {
  const org = await findOwnOrg(context, id);
  if (isRefusal(org)) return org;
  const ports = [...new Set(offered)].sort((left, right) => left - right);
  await context.env.environment.ORG.getByName(org.id).setPrivatePorts(ports);
  return describe(org.id, ports);
}

function describe(org: string, listed: readonly number[]): z.input<typeof responseSchema> {
  const all = [...new Set([DEBUGGER_PORT, ...listed])].sort((left, right) => left - right);
  return { org, private_ports: all };
}
