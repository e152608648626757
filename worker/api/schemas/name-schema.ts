import { z } from "@hono/zod-openapi";

/** Ids that admins choose: they become parts of KV keys, object names and URLs. */
const NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/;

export const nameSchema = z
  .string()
  .regex(NAME, `must match ${NAME.source}`)
  .meta({ description: "Chosen by the admin.", example: "acme" });

export const orgParams = z.object({ org: nameSchema.describe("An org's id.") });
export const workspaceParams = z.object({ workspace: nameSchema.describe("A workspace's id.") });
export const hostParams = z.object({
  host: nameSchema.meta({ description: "A host's id.", example: "host-1" }),
});

/** What people call something. */
export const titleSchema = z.string().min(1).max(100).meta({ description: "For people.", example: "Acme" });
