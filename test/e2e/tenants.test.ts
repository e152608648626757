import { afterAll, beforeAll, expect, test } from "vitest";
import type { GuestApp } from "../support/guest-app.ts";
import { startGuestApp } from "../support/guest-app.ts";
import { RunningSystem } from "../support/running-system.ts";

const PORT = 3000;
const ADDRESSES = ["127.78.3.1", "127.78.3.2", "127.78.3.3"] as const;
const REQUESTS = 10_000;
const CONCURRENCY = 32;

let apps: GuestApp[];
let system: RunningSystem;

beforeAll(async () => {
  apps = await Promise.all(ADDRESSES.map((address) => startGuestApp(address, PORT, address)));
  system = await RunningSystem.start([{ host: ADDRESSES[0], port: PORT }]);
});

afterAll(async () => {
  await system?.stop();
  await Promise.all((apps ?? []).map((app) => app.close()));
});

test("two sandboxes never receive each other's requests, also while an address moves from one to the other", async () => {
  const steady = crypto.randomUUID();
  const moving = crypto.randomUUID();
  await system.attach(steady, ADDRESSES[0]);
  await system.attach(moving, ADDRESSES[1]);

  let sent = 0;
  let completed = 0;
  const strays: string[] = [];
  const mayRespond = new Map([
    [steady, new Set<string>([ADDRESSES[0], ADDRESSES[1]])],
    [moving, new Set<string>([ADDRESSES[1], ADDRESSES[2]])],
  ]);
  const visitors = Array.from({ length: CONCURRENCY }, async (_, index) => {
    const sandboxId = index % 2 === 0 ? steady : moving;
    while (sent < REQUESTS) {
      const tag = `/tag-${sandboxId}-${sent++}`;
      const response = await system.visit(system.urlOf(sandboxId, PORT) + tag);
      const body = await response.text();
      if (response.status !== 200) continue;
      completed += 1;
      const address = response.headers.get("x-tag") ?? "";
      if (!mayRespond.get(sandboxId)?.has(address) || body !== `${address} GET ${tag}`)
        strays.push(`${tag} → ${body}`);
    }
  });

  await waitFor(() => sent > REQUESTS / 4);
  await system.detach(moving);
  await system.attach(moving, ADDRESSES[2]);
  const handedOver = apps[1]!.seen.length;
  await system.attach(steady, ADDRESSES[1]);
  await Promise.all(visitors);

  expect(strays).toEqual([]);
  expect(completed).toBeGreaterThan(REQUESTS * 0.9);
  const afterHandOver = apps[1]!.seen.slice(handedOver).filter(({ url }) => url.includes(moving));
  expect(afterHandOver).toEqual([]);
  expect(apps[1]!.seen.slice(handedOver).some(({ url }) => url.includes(steady))).toBe(true);
});

async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
