import { z } from "@hono/zod-openapi";
import { parseSandboxId } from "../../../shared/sandbox-id.ts";

/** A UUID in any case; comes out in lower case. */
export const uuidSchema = z
  .string()
  .toLowerCase()
  .refine((text) => parseSandboxId(text) !== undefined, "must be a UUID")
  .meta({ format: "uuid", example: "1a2b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d" });

export const sandboxParams = z.object({ id: uuidSchema.describe("A sandbox's id, in any case.") });
