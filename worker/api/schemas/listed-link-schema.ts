import * as z from "zod";
import { portSchema } from "../../../shared/protocol/schemas.ts";
import type { ListedLink } from "../../objects/sandbox/listed-links.ts";
import { formatTime } from "../format-time.ts";
import { auditEntrySchema } from "./audit-entry-schema.ts";
import { labelSchema } from "./port-settings-schema.ts";
import { timeSchema } from "./time-schema.ts";

export const LINK_ID = /^[0-9a-f]{32}$/;

export const linkIdSchema = z.string().meta({
  description: "By which the link is listed, and named in the audit trail. It does not open the link.",
  example: "5d41402abc4b2a76b9719d911017c592",
});

export const listedLinkSchema = z
  .object({
    id: linkIdSchema,
    port: portSchema,
    label: labelSchema,
    paths: z.array(z.string()).optional().describe("The only paths that it opens."),
    embed: z.array(z.string()).optional().describe("The origins that may embed its pages."),
    created_by: auditEntrySchema.shape.who.describe("Whose token has minted it."),
    created_at: timeSchema,
    expires_at: timeSchema,
    last_used_at: timeSchema.optional().describe("To within 5 minutes; absent where it was not used yet."),
  })
  .meta({ id: "Link", description: "A signed preview URL, without its token." });

/** A link as the API shows it. */
export function encodeListedLink(link: ListedLink): z.input<typeof listedLinkSchema> {
  const { id, port, label, paths, embed, createdBy, createdAtMs, expiresAtMs, lastUsedAtMs } = link;
  return {
    id,
    port,
    label,
    ...(paths !== undefined && { paths: [...paths] }),
    ...(embed !== undefined && { embed: [...embed] }),
    created_by: createdBy,
    created_at: formatTime(createdAtMs),
    expires_at: formatTime(expiresAtMs),
    ...(lastUsedAtMs !== undefined && { last_used_at: formatTime(lastUsedAtMs) }),
  };
}
