import { setTimeout } from "node:timers/promises";
import { VITE_PORT } from "../../../lab/image/vite-template.ts";
import type { ApiClient } from "../edge-api/api-client.ts";
import { StartError } from "../start-error.ts";
import type { FirstPreview } from "./first-preview.ts";

const APP_START_TIMEOUT_MS = 60_000;
const APP_POLL_MS = 250;

/**
 * Starts a sandbox from a template through the API, as an SDK does, and waits until its app listens.
 *
 * @param publicPorts whose apps see the preview's own hostname
 */
export async function launchMicrovm(
  caller: ApiClient,
  publicPorts: readonly number[] = [],
): Promise<FirstPreview> {
  const { id } = await caller.call<{ id: string }>("POST", "/v1/sandboxes", { template: "vite-react" });
  for (const port of publicPorts)
    await caller.call("PUT", `/v1/sandboxes/${id}/ports/${port}`, { host_policy: "public" });
  await untilOpen(caller, id, VITE_PORT);
  return { sandboxId: id, port: VITE_PORT };
}

/** The template's server starts with the machine, and takes some seconds under emulation. */
async function untilOpen(caller: ApiClient, sandboxId: string, port: number): Promise<void> {
  const deadlineMs = Date.now() + APP_START_TIMEOUT_MS;
  while (Date.now() < deadlineMs) {
    const path = `/v1/sandboxes/${sandboxId}/ports`;
    const { ports } = await caller.call<{ ports: { port: number; listening: boolean }[] }>("GET", path);
    if (ports.some((known) => known.port === port && known.listening)) return;
    await setTimeout(APP_POLL_MS);
  }
  throw new StartError(`the guest's app did not listen on ${port} within ${APP_START_TIMEOUT_MS / 1000} s`);
}
