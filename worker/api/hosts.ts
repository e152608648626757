import { Hono } from "hono";
import { z } from "zod";
import { MAX_PORTS_PER_SANDBOX } from "../../shared/port.ts";
import type { Refusal } from "../../shared/refusal.ts";
import { isRefusal } from "../../shared/refusal.ts";
import { parseSandboxId } from "../../shared/sandbox-id.ts";
import type { Environment } from "../environment.ts";
import type { HostGuest } from "../objects/host.ts";
import type { Owner } from "../objects/sandbox.ts";
import { answerRefusal } from "./answer.ts";
import type { ApiEnvironment } from "./api-environment.ts";
import { requireHost, workspaceOf } from "./authenticate.ts";
import { readBody } from "./read-body.ts";

export const MAX_GUESTS_PER_HOST = 10_000;

const sandboxId = z.string().transform((text, check) => {
  const id = parseSandboxId(text);
  if (id === undefined) check.addIssue("must be a UUID");
  return id ?? "";
});
const generation = z
  .string()
  .regex(/^\d{13}-[a-z0-9]{8}$/, "must be unix milliseconds, a dash and 8 characters");
const ports = z.array(z.int().min(1).max(65_535)).max(MAX_PORTS_PER_SANDBOX);

const detachSchema = z.strictObject({ sandbox_id: sandboxId, generation });
const portsSchema = detachSchema.extend({ ports });
const attachSchema = portsSchema.extend({ workspace: z.string().min(1).max(63) });
const heartbeatSchema = z.strictObject({
  /** The host's clock when it took the list, unix milliseconds. */
  taken_at: z.int(),
  guests: z.array(detachSchema).max(MAX_GUESTS_PER_HOST),
});

/** What connectors tell: who is attached, who is gone, which ports are open, that they are alive. */
export const hostRoutes = new Hono<ApiEnvironment>();

hostRoutes.use("/:host/*", requireHost);

/** Enters the sandbox in both indexes before its route exists: a crash in between leaves a name, never an orphan route. */
hostRoutes.post("/:host/attach", async (context) => {
  const body = await readBody(context, attachSchema);
  if (isRefusal(body)) return answerRefusal(context, body);
  const host = context.get("host");
  const { HOST, SANDBOX } = context.env.environment;
  const owner: Owner | Refusal = await workspaceOf(context, body.workspace).enlist(
    body.workspace,
    body.sandbox_id,
  );
  if (isRefusal(owner)) return answerRefusal(context, owner);
  const guest: HostGuest = {
    sandboxId: body.sandbox_id,
    workspace: body.workspace,
    generation: body.generation,
  };
  await HOST.getByName(host.id).enter(guest);
  const offer = {
    owner,
    hostId: host.id,
    origin: host.origin,
    generation: body.generation,
    ports: body.ports,
  };
  const refusal: Refusal | undefined = await SANDBOX.getByName(body.sandbox_id).attach(
    body.sandbox_id,
    offer,
  );
  if (refusal === undefined)
    return context.json({ sandbox_id: body.sandbox_id, generation: body.generation });
  await HOST.getByName(host.id).strike(guest.sandboxId, guest.generation);
  return answerRefusal(context, refusal);
});

hostRoutes.post("/:host/detach", async (context) => {
  const body = await readBody(context, detachSchema);
  if (isRefusal(body)) return answerRefusal(context, body);
  const { environment } = context.env;
  const hostId = context.get("host").id;
  const guest: HostGuest | undefined = await environment.HOST.getByName(hostId).strike(
    body.sandbox_id,
    body.generation,
  );
  if (guest !== undefined) await takeDownGuest(environment, hostId, guest);
  return context.json({ sandbox_id: body.sandbox_id, generation: body.generation });
});

hostRoutes.post("/:host/ports", async (context) => {
  const body = await readBody(context, portsSchema);
  if (isRefusal(body)) return answerRefusal(context, body);
  const sandbox = context.env.environment.SANDBOX.getByName(body.sandbox_id);
  const refusal: Refusal | undefined = await sandbox.reportPorts(
    context.get("host").id,
    body.generation,
    body.ports,
  );
  if (refusal !== undefined) return answerRefusal(context, refusal);
  return context.json({ sandbox_id: body.sandbox_id, ports: body.ports });
});

/** Reconciles: the edge forgets what the host no longer has, and asks for what the edge has lost. */
hostRoutes.post("/:host/heartbeat", async (context) => {
  const body = await readBody(context, heartbeatSchema);
  if (isRefusal(body)) return answerRefusal(context, body);
  const { environment } = context.env;
  const hostId = context.get("host").id;
  const guests = body.guests.map((guest) => ({ sandboxId: guest.sandbox_id, generation: guest.generation }));
  const { gone, missing } = await environment.HOST.getByName(hostId).reconcile(guests, body.taken_at);
  await Promise.all(gone.map((guest) => takeDownGuest(environment, hostId, guest)));
  return context.json({ forgotten: gone.map((guest) => guest.sandboxId), missing });
});

/** Removes a guest's route, unless a newer generation or another host holds it by now. */
export async function takeDownGuest(
  environment: Environment,
  hostId: string,
  guest: HostGuest,
): Promise<void> {
  const gone: boolean = await environment.SANDBOX.getByName(guest.sandboxId).detach(hostId, guest.generation);
  if (gone) await environment.WORKSPACE.getByName(guest.workspace).strike(guest.sandboxId);
}
