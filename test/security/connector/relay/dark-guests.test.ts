import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { DEFAULT_RELAY_LIMITS } from "../../../../connector/relay/relay.ts";
import { connectNamespaces } from "../../../../lab/network/connect-namespaces.ts";
import { Namespace } from "../../../../lab/network/namespace.ts";
import { NODE_BINARY } from "../../../../lab/node-binary.ts";
import type { DarkGuestReport } from "../../../support/relay/dark-guest-visits.ts";

const GUEST = fileURLToPath(new URL("../../../support/relay/dark-guest.cjs", import.meta.url));
const VISITS = fileURLToPath(new URL("../../../support/relay/dark-guest-visits.ts", import.meta.url));
const [HOST_ADDRESS, GUEST_ADDRESS, PORT] = ["10.211.0.1", "10.211.0.2", 3000];

/** A tenth of the real times, where the kernel's own do not count: it sends again after 0.2, 0.6, 1.4 and 3 s. */
const LIMITS = { darkGuestCheckMs: 500, maxGuestRetransmissions: 4, keepAliveProbeMs: 1_000 };
/** 1 s, ten probes, and what a busy machine adds. */
const ENDED_WITHIN_MS = 20_000;

beforeAll(() => Namespace.removeDead());

async function withGuest(goDark: (guest: Namespace) => Promise<unknown>): Promise<DarkGuestReport> {
  await using host = await Namespace.create("dark-host");
  await using guest = await Namespace.create("dark-guest");
  await connectNamespaces(
    { namespace: host, device: "tap0", address: `${HOST_ADDRESS}/30` },
    { namespace: guest, device: "eth0", address: `${GUEST_ADDRESS}/30` },
  );
  const stdio = ["ignore", "inherit", "inherit", "ipc"] as const;
  const server = guest.spawn(NODE_BINARY, [GUEST, GUEST_ADDRESS, String(PORT)], { stdio: [...stdio] });
  await once(server, "message");
  const facts = JSON.stringify({ address: GUEST_ADDRESS, port: PORT, limits: LIMITS });
  const visits = host.spawn(NODE_BINARY, [VISITS, facts], { stdio: [...stdio] });
  await once(visits, "message");
  await goDark(guest);
  visits.send("dark");
  const [report] = (await once(visits, "message")) as [DarkGuestReport];
  return report;
}

describe("5.5 What is open towards a guest whose link goes dark", () => {
  test.for([
    // Its packets vanish, as those of a frozen machine do.
    ["silently", (guest: Namespace) => guest.ip("route", "add", "blackhole", `${HOST_ADDRESS}/32`)],
    ["as its interface goes down", (guest: Namespace) => guest.ip("link", "set", "eth0", "down")],
  ] as const)("ends within seconds, not after 15 minutes (%s)", { timeout: 90_000 }, async ([, goDark]) => {
    const { endedMs, response, counts } = await withGuest(goDark);
    expect(Object.keys(endedMs).sort()).toEqual(["events", "tunnel", "upload", "waiting"]);
    for (const [name, ms] of Object.entries(endedMs)) expect(ms, name).toBeLessThan(ENDED_WITHIN_MS);
    expect(response).toMatch(/^HTTP\/1\.1 502 .*\r\npreview-error: guest_unreachable\r\n/s);
    expect(counts.guestDark).toBeGreaterThanOrEqual(2);
  });

  test("has these limits where the connector sets no others", () => {
    expect(DEFAULT_RELAY_LIMITS).toMatchObject({
      darkGuestCheckMs: 10_000,
      maxGuestRetransmissions: 7,
      keepAliveProbeMs: 30_000,
    });
  });
});
