import * as z from "zod";
import { nameSchema, uuidSchema } from "../../../shared/protocol/schemas.ts";

export const orgParams = z.object({ org: nameSchema.describe("An org's id.") });

export const workspaceParams = z.object({ workspace: nameSchema.describe("A workspace's id.") });

export const hostNameSchema = nameSchema.meta({ description: "A host's id.", example: "host-1" });

export const hostParams = z.object({ host: hostNameSchema });

export const sandboxParams = z.object({ id: uuidSchema.describe("A sandbox's id, in any case.") });
