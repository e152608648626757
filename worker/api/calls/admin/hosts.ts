import * as z from "zod";
import { hostPublicKeySchema, originSchema } from "../../../../shared/protocol/enrolment.ts";
import { refuse } from "../../../../shared/refusal/refusal.ts";
import { completeEnrolment } from "../../../hosts/complete-enrolment.ts";
import { takeDownGuests } from "../../../hosts/take-down-guests.ts";
import type { HostRecord } from "../../../objects/messages.ts";
import { deleteListed } from "../../../policy/admin-lists.ts";
import { putLauncherHost } from "../../../policy/launcher-hosts.ts";
import type { ApiApp } from "../../api-app.ts";
import { defineCall } from "../../call/call.ts";
import { mountCall } from "../../call/mount-call.ts";
import { checkHostOrigin } from "../../check-host-origin.ts";
import {
  encodeHost,
  encodeKnownHost,
  hostSchema,
  hostWorkspacesSchema,
  knownHostSchema,
} from "../../schemas/host-schema.ts";
import { hostParams } from "../../schemas/path-params.ts";

const putBody = z.strictObject({
  origin: originSchema,
  public_key: hostPublicKeySchema,
  launches: z.boolean().optional().describe("It can start sandboxes; false for a new host."),
  workspaces: hostWorkspacesSchema.nullable().optional(),
});

const putCall = defineCall({
  id: "putHost",
  method: "put",
  path: "/v1/admin/hosts/{host}",
  tag: "Admin",
  who: "admin",
  summary: "Enrol or replace a host",
  description:
    "Hosts enrol themselves with a one-time token: see `createEnrolment`. `launches` and `workspaces` do not change where they are not named; null lets the host announce sandboxes of all workspaces. A repeated call without a change keeps `enrolled_at`.",
  params: hostParams,
  body: putBody,
  response: { status: 200, description: "The host.", schema: hostSchema },
});

const getCall = defineCall({
  id: "getHost",
  method: "get",
  path: "/v1/admin/hosts/{host}",
  tag: "Admin",
  who: "admin",
  summary: "Read a host",
  description: "`heard_at` shows whether its connector calls the edge: every 15 s while all is well.",
  params: hostParams,
  refusals: ["not_found"],
  response: { status: 200, description: "The host.", schema: knownHostSchema },
});

const deleteCall = defineCall({
  id: "deleteHost",
  method: "delete",
  path: "/v1/admin/hosts/{host}",
  tag: "Admin",
  who: "admin",
  summary: "Remove a host",
  description: "Removes its routes, too. Its key is refused from then on. A repeated call changes nothing.",
  params: hostParams,
  response: { status: 204, description: "The host does not exist now." },
});

/** Hosts, which the admin enrols. */
export function mountHosts(app: ApiApp): void {
  mountCall(app, putCall, async (context, { params: { host: id }, body }) => {
    const refusal = checkHostOrigin(context, body.origin);
    if (refusal !== undefined) return refusal;
    const { environment } = context.env;
    const host = environment.HOST.getByName(id);
    const known: HostRecord | undefined = await host.read();
    const offered = toRecord(id, body, known);
    const record =
      known !== undefined && isSame(known, offered)
        ? { ...offered, enrolledAtMs: known.enrolledAtMs }
        : offered;
    await host.enrol(record);
    await completeEnrolment(environment, record);
    return encodeHost(record);
  });

  mountCall(app, getCall, async (context, { params: { host: id } }) => {
    const known = await context.env.environment.HOST.getByName(id).read();
    return known === undefined ? refuse("not_found") : encodeKnownHost(known);
  });

  mountCall(app, deleteCall, async (context, { params: { host: id } }) => {
    const { environment } = context.env;
    const host = environment.HOST.getByName(id);
    await host.retire();
    // What one invocation cannot take down, the host's object does by its alarm.
    if (await takeDownGuests(environment, id, (limit) => host.listGuests(limit))) await host.remove();
    await putLauncherHost(environment.POLICY, id, false);
    await deleteListed(environment.POLICY, "hosts", id);
  });
}

function toRecord(id: string, body: z.output<typeof putBody>, known: HostRecord | undefined): HostRecord {
  const { origin, public_key: publicKey, launches = known?.launches ?? false } = body;
  const workspaces = body.workspaces === undefined ? known?.workspaces : body.workspaces;
  return { id, origin, publicKey, launches, ...(workspaces && { workspaces }), enrolledAtMs: Date.now() };
}

function isSame(known: HostRecord, offered: HostRecord): boolean {
  return (
    known.origin === offered.origin &&
    known.launches === offered.launches &&
    known.publicKey.x === offered.publicKey.x &&
    JSON.stringify(known.workspaces) === JSON.stringify(offered.workspaces)
  );
}
