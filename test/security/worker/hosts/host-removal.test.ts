import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, describe, expect, test, vi } from "vitest";
import { MAX_TAKEN_DOWN_PER_INVOCATION } from "../../../../worker/hosts/take-down-guests.ts";
import { Host } from "../../../../worker/objects/host.ts";
import { ADMIN_TOKEN, API, Deployment, environment, fetchEdge } from "../../../worker/deployment.ts";

const MAX_CALLS_PER_INVOCATION = 10_000;
const CALLS_PER_GUEST = 3;

afterEach(() => {
  vi.restoreAllMocks();
});

describe("4.4 the removal of a host", () => {
  test("makes fewer calls in one invocation than Cloudflare allows", () => {
    expect(MAX_TAKEN_DOWN_PER_INVOCATION * CALLS_PER_GUEST).toBeLessThan(MAX_CALLS_PER_INVOCATION);
  });

  test("is completed by the host's alarm where one invocation cannot take all guests down", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const stub = environment.HOST.getByName(deployment.host.id);
    // As if the call had ended at its last guest.
    const list = vi.spyOn(Host.prototype, "listGuests").mockImplementation(() => {
      throw new Error("too many subrequests");
    });
    const url = `${API}/v1/admin/hosts/${deployment.host.id}`;
    expect((await fetchEdge(url, { method: "DELETE", token: ADMIN_TOKEN })).status).toBe(500);
    expect((await fetchEdge(`https://80-${id}.example.com/`)).status).toBe(200);
    list.mockRestore();

    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect((await fetchEdge(`https://81-${id}.example.com/`)).status).toBe(404);
    expect(await stub.listGuests()).toEqual([]);
    expect(await (await deployment.call("GET", "sandboxes")).json()).toEqual([]);
  });
});
