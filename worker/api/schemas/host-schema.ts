import * as z from "zod";
import { enrolledHostSchema } from "../../../shared/protocol/enrolment.ts";
import { nameSchema } from "../../../shared/protocol/schemas.ts";
import type { HostRecord } from "../../objects/messages.ts";
import { formatTime } from "../format-time.ts";

/** Each attach of the host compares its workspace with all of them. */
const MAX_WORKSPACES_PER_HOST = 1_000;

export const hostWorkspacesSchema = z
  .array(nameSchema)
  .min(1)
  .max(MAX_WORKSPACES_PER_HOST)
  .meta({ description: "The only workspaces whose sandboxes it may announce.", example: ["acme"] });

export const hostSchema = enrolledHostSchema.meta({ id: "Host" });

/** A host as the API shows it. */
export function encodeHost({ id, origin, workspaces, enrolledAtMs }: HostRecord): z.input<typeof hostSchema> {
  return {
    id,
    origin,
    ...(workspaces !== undefined && { workspaces: [...workspaces] }),
    enrolled_at: formatTime(enrolledAtMs),
  };
}
