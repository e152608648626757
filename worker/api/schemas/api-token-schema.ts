import * as z from "zod";
import { nameSchema, uuidSchema } from "../../../shared/protocol/schemas.ts";
import type { ApiToken } from "../../policy/api-tokens.ts";
import { DEFAULT_ROLE, ROLES } from "../../policy/roles.ts";
import { formatTime } from "../format-time.ts";
import { timeSchema } from "./time-schema.ts";
import { titleSchema } from "./title-schema.ts";

const roleSchema = z
  .enum(ROLES)
  .describe(
    "`viewer` reads; `developer` also starts and ends sandboxes, and mints and revokes links; `owner` also rotates the signing key, has the API tokens of its workspace, and reads the audit trail.",
  );

const expirySchema = z.iso
  .datetime({ offset: true, error: "must be a time as in RFC 3339", abort: true })
  .refine((text) => Date.parse(text) > Date.now(), "must be in the future")
  .meta({ description: "When it expires; never if it is absent.", example: "2027-01-31T00:00:00Z" });

/** What is chosen when a token of an org is created. */
export const newOrgTokenBody = z.strictObject({ name: titleSchema, expires_at: expirySchema.optional() });

/** What is chosen when a token of a workspace is created. */
export const newApiTokenBody = newOrgTokenBody.extend({ role: roleSchema.default(DEFAULT_ROLE) });

const apiTokenSchema = z
  .object({
    id: uuidSchema.describe("Identifies the token. It is not the secret."),
    name: titleSchema,
    role: roleSchema,
    created_at: timeSchema,
    expires_at: timeSchema.optional(),
  })
  .meta({ id: "ApiToken" });

export const apiTokensSchema = z.object({ tokens: z.array(apiTokenSchema) }).meta({ id: "ApiTokens" });

export const createdApiTokenSchema = z
  .object({
    ...apiTokenSchema.shape,
    workspace: nameSchema.describe("The workspace whose sandboxes and links it opens."),
    token: secretSchema("pvw_0JdG3rXbq1oSx5m8cVtYw2kLh7zUe4nPaRf9iQyB6DE0CXvZG"),
  })
  .meta({ id: "NewApiToken" });

export const createdOrgTokenSchema = z
  .object({
    ...apiTokenSchema.shape,
    org: nameSchema.describe("The org in whose workspaces it is an owner."),
    token: secretSchema("pvo_0JdG3rXbq1oSx5m8cVtYw2kLh7zUe4nPaRf9iQyB6DE0qPAwZ"),
  })
  .meta({ id: "NewOrgToken" });

export const tokenIdSchema = uuidSchema.describe("The token's id.");

function secretSchema(example: string) {
  return z.string().meta({ description: "The secret.", example });
}

/** A token as the API shows it. */
export function encodeApiToken({
  id,
  name,
  role,
  createdAt,
  expiresAtMs,
}: ApiToken): z.input<typeof apiTokenSchema> {
  return {
    id,
    name,
    role,
    created_at: createdAt,
    ...(expiresAtMs !== undefined && { expires_at: formatTime(expiresAtMs) }),
  };
}
