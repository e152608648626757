import { expect, test } from "vitest";
import { findDemoAddress } from "../../../../../dev/start/guests/find-demo-address.ts";
import { ALL_SERVERS } from "../../../../dev-servers/servers/all-servers.ts";

test("findDemoAddress() takes the port of no development server: they listen on all addresses of the machine", async () => {
  const { port } = await findDemoAddress();
  expect(ALL_SERVERS.map((server) => server.port)).not.toContain(port);
  expect(port).not.toBe(3000);
});
