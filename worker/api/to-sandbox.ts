import type { SandboxDescription } from "../objects/sandbox.ts";
import { formatTime } from "./answer.ts";

/** A sandbox as the API shows it. */
export function toSandbox(sandbox: SandboxDescription): Record<string, unknown> {
  return {
    id: sandbox.id,
    workspace: sandbox.workspace,
    status: "running",
    host: sandbox.hostId,
    generation: sandbox.generation,
    ports: sandbox.ports,
    created_at: formatTime(sandbox.attachedAt),
  };
}
