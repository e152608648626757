import * as z from "zod";
import { nameSchema } from "../../../../shared/protocol/schemas.ts";
import type { Refusal } from "../../../../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../../../../shared/refusal/refusal.ts";
import { parseSandboxId } from "../../../../shared/sandbox-id.ts";
import type { Environment } from "../../../environment.ts";
import type { Suspension, SuspensionOutcome } from "../../../objects/suspension/suspension.ts";
import { SUSPENSION_REASONS } from "../../../objects/suspension/suspension.ts";
import { readOrg } from "../../../policy/read-org.ts";
import type { ListedSuspension, SuspendableKind } from "../../../policy/suspension-list.ts";
import { listSuspensions, putSuspension, SUSPENDABLE_KINDS } from "../../../policy/suspension-list.ts";
import type { ApiApp } from "../../api-app.ts";
import type { ApiContext } from "../../api-environment.ts";
import { noteChange } from "../../audit/note-change.ts";
import { defineCall } from "../../call/call.ts";
import { mountCall } from "../../call/mount-call.ts";
import { formatTime } from "../../format-time.ts";
import { timeSchema } from "../../schemas/time-schema.ts";

const kindSchema = z.enum(SUSPENDABLE_KINDS).describe("What the id names.");
const reasonSchema = z.enum(SUSPENSION_REASONS).describe("Why. The owner can see it, visitors cannot.");

const params = z.object({
  kind: kindSchema,
  id: z
    .string()
    .toLowerCase()
    .pipe(nameSchema)
    .meta({ description: "The id of an org, a workspace or a sandbox.", example: "acme" }),
});

const suspensionSchema = z
  .object({
    kind: kindSchema,
    id: z.string().meta({ example: "acme" }),
    reason: reasonSchema,
    since: timeSchema,
  })
  .meta({ id: "Suspension" });

const shared = {
  path: "/v1/admin/suspensions/{kind}/{id}",
  tag: "Admin",
  who: "admin",
  params,
  refusals: ["not_found", "sandbox_not_found"],
} as const;

const putCall = defineCall({
  ...shared,
  id: "suspend",
  method: "put",
  summary: "Suspend an org, a workspace or a sandbox",
  description:
    "Visitors of all its sandboxes get `suspended` within 5 seconds for up to 1 000 sandboxes, and a second more for each further 1 000; their open connections are cut. Callers with API tokens of the org or workspace get `suspended`, too. It holds for sandboxes that start, start again or move, until it is undone.",
  body: z.strictObject({ reason: reasonSchema }),
  response: { status: 200, description: "It is suspended.", schema: suspensionSchema },
});

const deleteCall = defineCall({
  ...shared,
  id: "endSuspension",
  method: "delete",
  summary: "End a suspension",
  description:
    "A sandbox stays suspended while its workspace or its org is. A repeated call changes nothing.",
  response: { status: 204, description: "It is not suspended itself." },
});

const listCall = defineCall({
  id: "listSuspensions",
  method: "get",
  path: "/v1/admin/suspensions",
  tag: "Admin",
  who: "admin",
  summary: "List what is suspended",
  description: "Ordered by kind and id. A change may be missing for up to a minute.",
  response: {
    status: 200,
    description: "All suspensions.",
    schema: z.object({ suspensions: z.array(suspensionSchema) }).meta({ id: "Suspensions" }),
  },
});

/** Suspensions, by which the admin takes what visitors were harmed by off the internet. */
export function mountSuspensions(app: ApiApp): void {
  mountCall(app, putCall, async (context, { params: { kind, id }, body: { reason } }) => {
    const suspension = await change(context, kind, id, { reason, sinceMs: Date.now() });
    return isRefusal(suspension) || suspension === undefined
      ? (suspension ?? refuse("not_found"))
      : encodeSuspension({ kind, id, ...suspension });
  });

  mountCall(app, deleteCall, async (context, { params: { kind, id } }) => {
    const outcome = await change(context, kind, id, undefined);
    return isRefusal(outcome) ? outcome : undefined;
  });

  mountCall(app, listCall, async (context) => {
    const suspensions = await listSuspensions(context.env.environment.POLICY);
    return { suspensions: suspensions.map(encodeSuspension) };
  });
}

/** @returns the suspension that is in force now */
async function change(
  context: ApiContext,
  kind: SuspendableKind,
  id: string,
  suspension: Suspension | undefined,
): Promise<Suspension | undefined | Refusal> {
  const { environment } = context.env;
  const outcome = await CHANGE[kind](environment, id, suspension);
  if (isRefusal(outcome)) return outcome;
  const workspace = kind === "workspaces" ? id : outcome.workspace;
  if (workspace !== undefined) noteChange(context, { workspace });
  await putSuspension(environment.POLICY, kind, id, outcome.suspension);
  return outcome.suspension;
}

type Change = (
  environment: Environment,
  id: string,
  suspension: Suspension | undefined,
) => Promise<SuspensionOutcome | Refusal>;

const CHANGE: Readonly<Record<SuspendableKind, Change>> = {
  async orgs(environment, id, suspension) {
    await readOrg(environment, id);
    return environment.ORG.getByName(id).suspend(suspension);
  },
  workspaces: async ({ WORKSPACE }, id, suspension) => WORKSPACE.getByName(id).suspend(suspension),
  async sandboxes({ SANDBOX }, id, suspension) {
    if (parseSandboxId(id) === undefined) return refuse("sandbox_not_found");
    return SANDBOX.getByName(id).suspend(suspension);
  },
};

function encodeSuspension({ kind, id, reason, sinceMs }: ListedSuspension): z.input<typeof suspensionSchema> {
  return { kind, id, reason, since: formatTime(sinceMs) };
}
