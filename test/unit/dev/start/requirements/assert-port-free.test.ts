import { once } from "node:events";
import * as net from "node:net";
import { describe, expect, test } from "vitest";
import { assertPortFree } from "../../../../../dev/start/requirements/assert-port-free.ts";
import { StartError } from "../../../../../dev/start/start-error.ts";

describe("assertPortFree()", () => {
  test.each(["127.0.0.1", "::1"])(
    "refuses a port that is in use at %s, and names one that is free",
    async (host) => {
      const server = net.createServer().listen(0, host);
      await once(server, "listening");
      const { port } = server.address() as net.AddressInfo;
      const refused = await assertPortFree(port).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(StartError);
      const other = Number(/--port (\d+)/.exec(String(refused))?.[1]);
      expect(other).toBeGreaterThan(port);
      // A former start ends while this one waits.
      const free = assertPortFree(port, 5_000);
      server.close();
      await free;
    },
  );
});
