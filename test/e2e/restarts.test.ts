import { afterAll, beforeAll, expect, test } from "vitest";
import type { GuestApp } from "../support/guest-app.ts";
import { startGuestApp } from "../support/guest-app.ts";
import { RunningSystem } from "../support/running-system.ts";

const ADDRESS = "127.78.4.1";
const PORT = 3000;

let guest: GuestApp;
let system: RunningSystem;

beforeAll(async () => {
  guest = await startGuestApp(ADDRESS, PORT);
  system = await RunningSystem.start([guest]);
});

afterAll(async () => {
  await system?.stop();
  await guest?.close();
});

test("a killed connector restarts with all its guests", async () => {
  const second = crypto.randomUUID();
  await system.attach(second, ADDRESS);
  await system.supervisor.kill("connector");
  expect((await system.visit(system.description.previewUrl)).status).toBe(200);
  expect((await system.visit(system.urlOf(second, PORT))).status).toBe(200);
  expect((await system.visit(system.description.link.url)).status).toBe(200);
});

test("a killed edge restarts with its routes, API tokens and limits", async () => {
  const { org, adminToken, sandboxId } = system.description;
  const limit = { per_second: 777, burst: 888, page_requests: 99 };
  expect((await system.callApi("PUT", `/v1/orgs/${org}/rate-limit`, limit, adminToken)).status).toBe(200);
  await system.supervisor.kill("edge");
  expect((await system.visit(system.description.previewUrl)).status).toBe(200);
  expect((await system.visit(system.description.link.url)).status).toBe(200);
  expect(await (await system.callApi("GET", `/v1/orgs/${org}/rate-limit`)).json()).toEqual({ org, ...limit });
  expect((await system.callApi("GET", `/v1/sandboxes/${sandboxId}`)).status).toBe(200);
});
