import * as z from "zod";
import { enrolledHostSchema } from "../../../shared/protocol/enrolment.ts";
import { nameSchema } from "../../../shared/protocol/schemas.ts";
import type { HostRecord, KnownHost } from "../../objects/messages.ts";
import { formatTime } from "../format-time.ts";
import { timeSchema } from "./time-schema.ts";

/** Each attach of the host compares its workspace with all of them. */
const MAX_WORKSPACES_PER_HOST = 1_000;

export const hostWorkspacesSchema = z
  .array(nameSchema)
  .min(1)
  .max(MAX_WORKSPACES_PER_HOST)
  .meta({ description: "The only workspaces whose sandboxes it may announce.", example: ["acme"] });

export const hostSchema = enrolledHostSchema.meta({ id: "Host" });

/** What `GET` shows of a host. */
export const knownHostSchema = enrolledHostSchema
  .extend({
    heard_at: timeSchema
      .optional()
      .describe("When its connector was heard last; absent where none has called with its key."),
  })
  .meta({ id: "KnownHost" });

/** A host as the API shows it. */
export function encodeHost({ id, origin, workspaces, enrolledAtMs }: HostRecord): z.input<typeof hostSchema> {
  return {
    id,
    origin,
    ...(workspaces !== undefined && { workspaces: [...workspaces] }),
    enrolled_at: formatTime(enrolledAtMs),
  };
}

/** A host with when it was heard. */
export function encodeKnownHost({ heard, ...record }: KnownHost): z.input<typeof knownHostSchema> {
  return { ...encodeHost(record), ...(heard && { heard_at: formatTime(heard.heardAtMs) }) };
}
