import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startDemo } from "../../../dev/demo/start-demo.ts";
import { DeployError } from "../../../dev/deploy/deploy-error.ts";
import { EdgeClient } from "../../../dev/deploy/smoke/edge-client.ts";
import type { SmokeStep, SmokeTarget } from "../../../dev/deploy/smoke/smoke-test.ts";
import { smokeTest } from "../../../dev/deploy/smoke/smoke-test.ts";
import { findFreePort } from "../../../dev/find-free-port.ts";
import { RunningSystem } from "../../support/running-system.ts";

let system: RunningSystem;
let app: Awaited<ReturnType<typeof startDemo>>;
const client = new EdgeClient("127.0.0.1");

beforeAll(async () => {
  const port = await findFreePort();
  app = await startDemo("127.0.0.1", port);
  system = await RunningSystem.start([{ host: "127.0.0.1", port }], { defaultLimits: true });
});
afterAll(async () => {
  await client.close();
  await system?.stop();
  app?.close();
});

async function run(change: Partial<SmokeTarget> = {}): Promise<{ ok: boolean; steps: SmokeStep[] }> {
  const { api, adminToken, workspace } = system.description;
  const steps: SmokeStep[] = [];
  const target = { api, adminToken, workspace, webSocketPath: "/echo", webSocketProtocols: [], ...change };
  return { ok: await smokeTest(client, target, (step) => steps.push(step)), steps };
}

describe("smokeTest()", () => {
  test("shows each part of a system that serves, within the limit of 1 request/s and burst 10", async () => {
    const { ok, steps } = await run();
    expect(steps.filter((step) => !step.ok)).toEqual([]);
    expect(steps.map(({ name }) => name)).toEqual([
      "jwks",
      "heartbeat",
      "public URL",
      "WebSocket",
      "link",
      "revocation",
    ]);
    expect(ok).toBe(true);
  });

  test("leaves no API token behind", async () => {
    const path = `/v1/admin/workspaces/${system.description.workspace}/tokens`;
    const listed = await system.callApi("GET", path, undefined, system.description.adminToken);
    expect(await listed.text()).not.toContain("smoke test");
  });

  test("reports a WebSocket that the app does not accept, and goes on", async () => {
    const { ok, steps } = await run({ webSocketPath: "/none" });
    expect(ok).toBe(false);
    expect(steps.filter((step) => !step.ok).map(({ name }) => name)).toEqual(["WebSocket"]);
  });

  test.each([
    ["a workspace that does not exist", { workspace: "nobody" }, "nobody"],
    ["a sandbox that does not run", { sandboxId: "0f4bb8a1-0000-4000-8000-000000000000" }, "0f4bb8a1"],
    ["a wrong admin token", { adminToken: "pva_wrong" }, "401"],
  ])("names %s", async (_what, change, named) => {
    await expect(run(change)).rejects.toThrow(DeployError);
    await expect(run(change)).rejects.toThrow(named);
  });
});
