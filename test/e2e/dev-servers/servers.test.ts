import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DevServer } from "../../dev-servers/dev-server.ts";
import { FLAVOURS } from "../../dev-servers/flavour.ts";
import { DevGuest } from "../../dev-servers/guest/dev-guest.ts";
import { MatrixSystem } from "../../dev-servers/guest/matrix-system.ts";
import { next } from "../../dev-servers/servers/bundlers/next.ts";
import { socketIo } from "../../dev-servers/servers/node/socket-io.ts";
import { django } from "../../dev-servers/servers/python/django.ts";
import { viteReact } from "../../dev-servers/servers/vite/vite-react.ts";
import { runChecks } from "../../dev-servers/visit/run-checks.ts";

/** The part of `npm run matrix` that fits the time of `npm test`. */
const SERVERS: readonly DevServer[] = [viteReact, next, socketIo, django];

let shared: MatrixSystem;
beforeAll(async () => {
  shared = await MatrixSystem.start();
});
afterAll(() => shared?.[Symbol.asyncDispose]());

describe.each(SERVERS)("$title", (server) => {
  let guest: DevGuest;
  // Where the cache does not have its project, npm installs it.
  beforeAll(async () => {
    guest = await DevGuest.start(shared, server);
  }, 300_000);
  afterAll(() => guest?.[Symbol.asyncDispose]());

  test.each(FLAVOURS)("works in a browser over its %s URL", async (flavour) => {
    const results = await runChecks(shared.browser, server, guest, flavour);
    expect(results.filter(({ failure }) => failure !== undefined)).toEqual([]);
    expect(results.length).toBeGreaterThan(2);
  });
});
