import { enrolmentPath, enrolmentSchema } from "../../../shared/protocol/enrolment.ts";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { isRefusal } from "../../../shared/refusal/refusal.ts";
import { completeEnrolment } from "../../hosts/complete-enrolment.ts";
import type { HostRecord } from "../../objects/messages.ts";
import type { ApiApp } from "../api-app.ts";
import { countMiss } from "../authenticate/authenticate-enrolment.ts";
import { defineCall } from "../call/call.ts";
import { mountCall } from "../call/mount-call.ts";
import { checkHostOrigin } from "../check-host-origin.ts";
import { encodeHost, hostSchema } from "../schemas/host-schema.ts";
import { hostParams } from "../schemas/path-params.ts";

const enrolCall = defineCall({
  id: "enrolHost",
  method: "put",
  path: enrolmentPath("{host}") as `/${string}`,
  tag: "Hosts",
  who: "enrolment",
  summary: "Enrol this host",
  description:
    "With the one-time token that the admin has created for it, which is used up by the first call that succeeds. `conflict` where the id is enrolled with another key and `replace` is not set.",
  params: hostParams,
  body: enrolmentSchema,
  response: { status: 200, description: "The host.", schema: hostSchema },
  refusals: ["conflict"],
});

/** The enrolment of a host by itself: the call of `shared/protocol/enrolment.ts`. */
export function mountHostEnrolment(app: ApiApp): void {
  mountCall(app, enrolCall, async (context, { params: { host: id }, body }) => {
    const refusal = checkHostOrigin(context, body.origin);
    if (refusal !== undefined) return refusal;
    const { environment } = context.env;
    const { origin, public_key: publicKey, launches, replace } = body;
    const change = { id, origin, publicKey, launches, replace };
    const host = environment.HOST.getByName(id);
    const sha256 = context.get("enrolmentTokenSha256");
    const record: HostRecord | Refusal = await countMiss(context, await host.enrolByToken(sha256, change));
    if (isRefusal(record)) return record;
    await completeEnrolment(environment, record);
    return encodeHost(record);
  });
}
