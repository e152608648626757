import * as z from "zod";
import { parsePort } from "../../../shared/port.ts";
import { accessSchema, loopbackSchema, portSchema, uuidSchema } from "../../../shared/protocol/schemas.ts";
import type { PortSettings } from "../../objects/access/access-state.ts";
import type { AccessDescription, PortDescription } from "../../objects/access/describe-port.ts";
import { captureSchema } from "./capture-schema.ts";

export const MAX_LABEL_LENGTH = 64;

/** No control characters. */
const LABEL = /^[^\0-\x1f\x7f-\x9f]*$/;

const hostPolicySchema = z.enum(["local", "public"]).meta({
  description:
    "What the app sees as its address: `local` is `localhost` with its port, `public` the preview's own hostname, for apps that write it into absolute URLs.",
  example: "public",
});

const schemeSchema = z.enum(["http", "https"]).meta({
  description: "What the app speaks. The certificate of an app that speaks TLS is not checked.",
  example: "http",
});

export const labelSchema = z
  .string()
  .max(MAX_LABEL_LENGTH)
  .regex(LABEL, "must have no control characters")
  .refine((text) => text.isWellFormed(), "must be well-formed Unicode")
  .meta({ description: "For people; empty for none.", example: "API" });

export const portSettingsSchema = z.strictObject({
  access: accessSchema.optional(),
  host_policy: hostPolicySchema.optional(),
  scheme: schemeSchema.optional(),
  label: labelSchema.optional(),
});

export const describedPortSchema = z
  .object({
    port: portSchema,
    access: accessSchema,
    host_policy: hostPolicySchema,
    scheme: schemeSchema,
    label: labelSchema,
    capture: captureSchema.nullable().describe("What the host keeps of its requests; `null` for nothing."),
  })
  .meta({ id: "PortSettings", description: "What applies to a port." });

export const listedPortSchema = describedPortSchema
  .extend({ listening: z.boolean().describe("A server listens on it.") })
  .meta({ id: "Port", description: "A port that listens, or has settings." });

export const sandboxPortParams = z.object({
  id: uuidSchema.describe("A sandbox's id, in any case."),
  port: z
    .string()
    .refine((text) => parsePort(text) !== undefined, "must be a TCP port from 1 to 65535")
    .meta({ description: "A TCP port.", example: "3000" }),
});

export const sandboxDefaultsSchema = z.strictObject({
  access: accessSchema.optional(),
  loopback: loopbackSchema.optional(),
});

export const sandboxAccessSchema = z
  .object({
    access: accessSchema.describe("Who may visit its ports of which nothing else is said."),
    source: z
      .enum(["sandbox", "attach", "workspace", "default"])
      .describe("Where that is said: for the sandbox, by its host's attach, for its workspace, or nowhere."),
    loopback: loopbackSchema,
  })
  .meta({ id: "SandboxAccess" });

/** @see encodePort */
export function decodePortSettings({
  host_policy: hostPolicy,
  access,
  scheme,
  label,
}: z.output<typeof portSettingsSchema>): PortSettings {
  return {
    ...(access !== undefined && { access }),
    ...(hostPolicy !== undefined && { hostPolicy }),
    ...(scheme !== undefined && { scheme }),
    ...(label !== undefined && { label }),
  };
}

/** What applies to a port, as the API names it. */
export function encodePort({
  port,
  access,
  hostPolicy,
  scheme,
  label,
  capture,
}: PortDescription): z.input<typeof describedPortSchema> {
  return {
    port,
    access,
    host_policy: hostPolicy,
    scheme,
    label,
    capture: capture === undefined ? null : { bodies: capture.bodies, mask: [...capture.mask] },
  };
}

export function encodeAccess({
  access,
  source,
  loopback,
}: AccessDescription): z.input<typeof sandboxAccessSchema> {
  return { access, source, loopback };
}
