import * as z from "zod";
import { nameSchema, portSchema, uuidSchema } from "../../../shared/protocol/schemas.ts";
import type { SandboxDescription } from "../../objects/messages.ts";
import { formatTime } from "../format-time.ts";
import { templateSchema } from "./template-schema.ts";
import { timeSchema } from "./time-schema.ts";

export const sandboxSchema = z
  .object({
    id: uuidSchema,
    workspace: nameSchema.describe("The workspace it belongs to."),
    status: z
      .enum(["running", "unreachable", "suspended"])
      .describe(
        "`unreachable` while its host is silent; `suspended` while the operator has suspended it. A sandbox that has stopped is not shown.",
      ),
    host: nameSchema.meta({ description: "The host that runs it.", example: "host-1" }),
    generation: z
      .string()
      .meta({ description: "Changes each time it starts.", example: "1764088200000-1a2b3c4d" }),
    ports: z.array(portSchema).describe("TCP ports that listen inside it, at most 32."),
    template: templateSchema.optional(),
    cpu: z.number().optional().describe("Processors of its machine, where its launcher reports them."),
    memory_mb: z.int().optional().describe("Memory of its machine in MiB, where its launcher reports it."),
    created_at: timeSchema.describe("When it became reachable."),
  })
  .meta({ id: "Sandbox", description: "A running microVM." });

export type SandboxJson = z.infer<typeof sandboxSchema>;

/** A sandbox as the API shows it. */
export function encodeSandbox(sandbox: SandboxDescription): SandboxJson {
  return {
    id: sandbox.id,
    workspace: sandbox.workspace,
    status: sandbox.suspended ? "suspended" : sandbox.hostDown ? "unreachable" : "running",
    host: sandbox.hostId,
    generation: sandbox.generation,
    ports: [...sandbox.ports],
    ...(sandbox.template !== undefined && { template: sandbox.template }),
    ...sandbox.size,
    created_at: formatTime(sandbox.attachedAtMs),
  };
}
