import type { z } from "zod";
import type { JsonCall, JsonResponse } from "../../../connector/control/serve-json.ts";
import { viteTemplate } from "../../../lab/image/vite-template.ts";
import type { Lab, LabBootOptions } from "../../../lab/lab.ts";
import type { Machine } from "../../../lab/machine/machine.ts";
import type { ControlErrorBody, launchedGuestSchema } from "../../../shared/protocol/control-api.ts";
import {
  LAUNCHER_SANDBOXES_PATH,
  launcherSandboxPath,
  launchOrderSchema,
} from "../../../shared/protocol/control-api.ts";
import type { Progress } from "../progress.ts";

const SANDBOX_PREFIX = launcherSandboxPath("");

const TEMPLATES: Readonly<Record<string, () => Promise<Omit<LabBootOptions, "shape">>>> = {
  "vite-react": viteTemplate,
};

/** A launcher (`shared/protocol/control-api.ts`) whose guests are microVMs of a lab. */
export function createLauncher(lab: Lab, progress: Progress): (call: JsonCall) => Promise<JsonResponse> {
  const machines = new Map<string, Machine>();

  async function boot(body: unknown): Promise<JsonResponse> {
    const order = launchOrderSchema.safeParse(body);
    const template = order.success ? TEMPLATES[order.data.template] : undefined;
    if (!order.success || template === undefined) {
      const known = Object.keys(TEMPLATES).join(", ");
      return refusal(400, `There is no such template; there is ${known}.`);
    }
    const onProgress = (step: string, ms: number): void =>
      progress(`microVM: ${step} after ${(ms / 1000).toFixed(1)} s`);
    const machine = await lab.boot({ shape: "namespace", ...(await template()), onProgress });
    machines.set(order.data.sandboxId, machine);
    const { address, tap, namespace } = machine.network;
    const launched: z.input<typeof launchedGuestSchema> = { address, tap, namespace: namespace.name };
    return { status: 201, body: launched };
  }

  async function end(sandboxId: string): Promise<JsonResponse> {
    await machines.get(sandboxId)?.[Symbol.asyncDispose]();
    machines.delete(sandboxId);
    return { status: 200, body: {} };
  }

  return async ({ method, path, body }) => {
    if (method === "POST" && path === LAUNCHER_SANDBOXES_PATH) return boot(body);
    if (method === "DELETE" && path.startsWith(SANDBOX_PREFIX)) return end(path.slice(SANDBOX_PREFIX.length));
    return refusal(404, "no such resource");
  };
}

function refusal(status: number, error: string): JsonResponse {
  return { status, body: { error } satisfies ControlErrorBody };
}
