import { once } from "node:events";
import * as net from "node:net";
import { describe, expect, test } from "vitest";
import { dialAddresses } from "../../../../../connector/relay/socket/dial-addresses.ts";
import { RawGuest } from "../../../../support/relay/raw-guest.ts";

/** The limited broadcast address (RFC 919, section 7) takes no TCP connection, and refuses none either. */
const UNREACHABLE = { host: "255.255.255.255", port: 9 };

async function closedPort(): Promise<number> {
  const guest = await RawGuest.start();
  await guest.close();
  return guest.port;
}

describe("dialAddresses()", () => {
  test("opens the first address that takes it", async () => {
    const guest = await RawGuest.start();
    const dialled = await dialAddresses(
      [
        { host: "::1", port: await closedPort() },
        { host: "127.0.0.1", port: guest.port },
      ],
      1000,
    );
    expect(dialled).toBeInstanceOf(net.Socket);
    (dialled as net.Socket).destroy();
    await guest.close();
  });

  test("gives a socket that works like any other until it has a handler", async () => {
    const server = net.createServer((socket) => socket.end("hello"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as net.AddressInfo;
    const socket = (await dialAddresses([{ host: "127.0.0.1", port }], 1000)) as net.Socket;
    let text = "";
    for await (const bytes of socket) text += bytes;
    expect(text).toBe("hello");
    server.close();
  });

  test("refuses port_closed where every address refuses", async () => {
    const port = await closedPort();
    const addresses = ["127.0.0.1", "::1"].map((host) => ({ host, port }));
    expect(await dialAddresses(addresses, 1000)).toEqual({ kind: "refusal", code: "port_closed" });
  });

  test("refuses guest_unreachable where one fails without refusing", async () => {
    const refusing = { host: "127.0.0.1", port: await closedPort() };
    expect(await dialAddresses([UNREACHABLE, refusing], 1000)).toEqual({
      kind: "refusal",
      code: "guest_unreachable",
    });
  });

  test("refuses guest_unreachable without an address", async () => {
    expect(await dialAddresses([], 1000)).toEqual({ kind: "refusal", code: "guest_unreachable" });
  });
});
