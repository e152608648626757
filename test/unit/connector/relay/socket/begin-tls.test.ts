import { once } from "node:events";
import * as net from "node:net";
import * as tls from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import { beginTls } from "../../../../../connector/relay/socket/begin-tls.ts";
import { dialAddresses } from "../../../../../connector/relay/socket/dial-addresses.ts";
import { isRefusal } from "../../../../../shared/refusal/refusal.ts";
import { createCertificate } from "../../../../support/create-certificate.ts";

const cleanUps: (() => void)[] = [];

afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

async function dial(server: net.Server): Promise<net.Socket> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as net.AddressInfo;
  const socket = await dialAddresses([{ host: "127.0.0.1", port }], 2_000);
  if (isRefusal(socket)) throw new Error(socket.code);
  cleanUps.push(() => server.close());
  cleanUps.push(() => socket.destroy());
  return socket;
}

/** A server that does nothing but `onSocket`. */
function plainServer(onSocket: (socket: net.Socket) => void): net.Server {
  return net.createServer((socket) => {
    cleanUps.push(() => socket.destroy());
    onSocket(socket.on("error", () => {}));
  });
}

async function codeOf(result: Promise<net.Socket | unknown>): Promise<string> {
  const outcome = await result;
  return isRefusal(outcome) ? outcome.code : "encrypted";
}

describe("beginTls()", () => {
  test("encrypts, asks for localhost and HTTP/1.1, and accepts any certificate", async () => {
    const certificate = await createCertificate();
    const options = { ...certificate, ALPNProtocols: ["h2", "http/1.1"] };
    const seen: unknown[] = [];
    const server = tls.createServer(options, (socket) => {
      seen.push((socket as { servername?: unknown }).servername, socket.alpnProtocol);
      cleanUps.push(() => socket.destroy());
      socket.pipe(socket);
    });
    const encrypted = await beginTls(await dial(server));
    if (isRefusal(encrypted)) throw new Error(encrypted.code);
    encrypted.write("hello");
    const [bytes] = (await once(encrypted, "data")) as [Buffer];
    expect(bytes.toString()).toBe("hello");
    expect(seen).toEqual(["localhost", "http/1.1"]);
    encrypted.destroy();
  });

  test.each([
    ["speaks plain HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n", "guest_protocol"],
    ["closes", "", "guest_unreachable"],
  ])("refuses a server that %s", async (_case, response, code) => {
    const socket = await dial(plainServer((each) => each.once("data", () => each.end(response))));
    expect(await codeOf(beginTls(socket))).toBe(code);
    expect(socket.destroyed).toBe(true);
  });

  test("refuses a server that speaks HTTP/2 only", async () => {
    const server = tls.createServer({ ...(await createCertificate()), ALPNProtocols: ["h2"] });
    server.on("tlsClientError", () => {});
    expect(await codeOf(beginTls(await dial(server)))).toBe("guest_protocol");
  });

  test("refuses a server that is silent, after its time", async () => {
    const socket = await dial(plainServer((each) => each.resume()));
    expect(await codeOf(beginTls(socket, 50))).toBe("guest_timeout");
    expect(socket.destroyed).toBe(true);
  });
});
