import { Hono } from "hono";
import { z } from "zod";
import type { Refusal } from "../../shared/refusal.ts";
import { isRefusal, refuse } from "../../shared/refusal.ts";
import type { HostRecord } from "../objects/host.ts";
import {
  deleteApiToken,
  findOrg,
  listApiTokens,
  putApiToken,
  putLauncherHost,
  putOrg,
  putOrgWorkspace,
  putRateLimit,
} from "../policy.ts";
import { sha256Hex } from "../sha256.ts";
import { answerRefusal, formatTime } from "./answer.ts";
import type { ApiEnvironment } from "./api-environment.ts";
import { requireAdmin, workspaceOf } from "./authenticate.ts";
import { takeDownGuest } from "./hosts.ts";
import { rateLimitSchema } from "./orgs.ts";
import { readBody } from "./read-body.ts";

/** Ids that admins choose: they become parts of KV keys, object names and URLs. */
const NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const API_TOKEN_BYTES = 32;

const nameSchema = z.string().min(1).max(100);
const hostSchema = z.strictObject({
  origin: z.url({ protocol: /^https?$/ }).transform((url) => new URL(url).origin),
  public_key: z.strictObject({
    kty: z.literal("OKP"),
    crv: z.literal("Ed25519"),
    x: z.base64url().length(43),
  }),
  launches: z.boolean().default(false),
});

/** What whoever runs the deployment does: orgs, workspaces, API tokens, hosts. */
export const adminRoutes = new Hono<ApiEnvironment>();

adminRoutes.use("*", requireAdmin);

adminRoutes.use("/:kind/:id/*", async (context, next) => {
  if (NAME.test(context.req.param("id"))) return next();
  return answerRefusal(context, refuse("request_invalid", { detail: `An id must match ${NAME.source}.` }));
});

adminRoutes.put("/orgs/:id", async (context) => {
  const body = await readBody(
    context,
    z.strictObject({ name: nameSchema, rate_limit: rateLimitSchema.optional() }),
  );
  if (isRefusal(body)) return answerRefusal(context, body);
  const { POLICY } = context.env.environment;
  const id = context.req.param("id");
  await putOrg(POLICY, { id, name: body.name });
  if (body.rate_limit !== undefined) {
    const { per_second: perSecond, burst } = body.rate_limit;
    await putRateLimit(POLICY, id, { perSecond, burst });
  }
  return context.json({ id, name: body.name });
});

adminRoutes.put("/workspaces/:id", async (context) => {
  const body = await readBody(context, z.strictObject({ org: z.string().regex(NAME) }));
  if (isRefusal(body)) return answerRefusal(context, body);
  const id = context.req.param("id");
  if ((await findOrg(context.env.environment.POLICY, body.org)) === undefined) {
    return answerRefusal(context, refuse("not_found", { detail: `There is no org "${body.org}".` }));
  }
  const refusal: Refusal | undefined = await workspaceOf(context, id).establish(body.org);
  if (refusal !== undefined) return answerRefusal(context, refusal);
  await putOrgWorkspace(context.env.environment.POLICY, body.org, id);
  return context.json({ id, org: body.org });
});

adminRoutes.post("/workspaces/:id/tokens", async (context) => {
  const body = await readBody(context, z.strictObject({ name: nameSchema }));
  if (isRefusal(body)) return answerRefusal(context, body);
  const workspace = context.req.param("id");
  const org: string | undefined = await workspaceOf(context, workspace).readOrg();
  if (org === undefined) return answerRefusal(context, refuse("not_found"));
  const token = createApiToken();
  const createdAt = formatTime(Date.now());
  const record = { id: crypto.randomUUID(), name: body.name, workspace, org, createdAt };
  await putApiToken(context.env.environment.POLICY, await sha256Hex(token), record);
  return context.json({ id: record.id, name: record.name, workspace, token, created_at: createdAt }, 201);
});

adminRoutes.get("/workspaces/:id/tokens", async (context) => {
  const tokens = await listApiTokens(context.env.environment.POLICY, context.req.param("id"));
  return context.json({
    tokens: tokens.map(({ id, name, createdAt }) => ({ id, name, created_at: createdAt })),
  });
});

adminRoutes.delete("/workspaces/:id/tokens/:token", async (context) => {
  await deleteApiToken(context.env.environment.POLICY, context.req.param("id"), context.req.param("token"));
  return context.body(null, 204);
});

adminRoutes.put("/hosts/:id", async (context) => {
  const body = await readBody(context, hostSchema);
  if (isRefusal(body)) return answerRefusal(context, body);
  const id = context.req.param("id");
  const record: HostRecord = {
    id,
    origin: body.origin,
    publicKey: body.public_key,
    launches: body.launches,
    enrolledAt: Date.now(),
  };
  await context.env.environment.HOST.getByName(id).enrol(record);
  await putLauncherHost(context.env.environment.POLICY, id, record.launches);
  return context.json({ id, origin: record.origin, enrolled_at: formatTime(record.enrolledAt) });
});

adminRoutes.delete("/hosts/:id", async (context) => {
  const id = context.req.param("id");
  const host = context.env.environment.HOST.getByName(id);
  const guests = await host.listGuests();
  await Promise.all(guests.map((guest) => takeDownGuest(context.env.environment, id, guest)));
  await host.remove();
  await putLauncherHost(context.env.environment.POLICY, id, false);
  return context.body(null, 204);
});

/** The prefix lets secret scanners find a leaked token. */
function createApiToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(API_TOKEN_BYTES));
  const text = btoa(String.fromCharCode(...bytes));
  return `pvw_${text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}
