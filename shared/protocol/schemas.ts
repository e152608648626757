import * as z from "zod";
import { ACCESS_MODES, LOOPBACK_MODES } from "../access.ts";
import type { Generation } from "../generation.ts";
import { GENERATION_PATTERN } from "../generation.ts";
import { NAME_PATTERN } from "../name.ts";
import { MAX_PORTS_PER_SANDBOX } from "../port.ts";
import { parseSandboxId } from "../sandbox-id.ts";

/** A UUID in any case; comes out in lower case. */
export const uuidSchema = z
  .string()
  .toLowerCase()
  .refine((text) => parseSandboxId(text) !== undefined, "must be a UUID")
  .meta({ format: "uuid", example: "1a2b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d" });

export const portSchema = z.int().min(1).max(65_535).meta({ description: "A TCP port.", example: 3000 });

/** Ids that admins choose. */
export const nameSchema = z
  .string()
  .regex(NAME_PATTERN, `must match ${NAME_PATTERN.source}`)
  .meta({ description: "Chosen by the admin.", example: "acme" });

/** Its output type says what its pattern has checked. */
export const generationSchema = z
  .string()
  .regex(GENERATION_PATTERN, "must be unix milliseconds, a dash and 8 characters")
  .meta({
    description: "This start of the guest: its unix milliseconds, a dash, 8 characters.",
    example: "1764088200000-1a2b3c4d",
  }) as unknown as z.ZodType<Generation, Generation>;

export const accessSchema = z.enum(ACCESS_MODES).meta({
  description:
    "Who may visit: `public` is anyone, `private` only visitors with a link or its token, `off` nobody.",
  example: "private",
});

export const loopbackSchema = z.enum(LOOPBACK_MODES).meta({
  description: "`off`: a server that listens on the sandbox's loopback only is not reached.",
  example: "off",
});

/** The open ports of a sandbox. */
export const portsSchema = z.array(portSchema).max(MAX_PORTS_PER_SANDBOX);
