import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tls from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createListener } from "../../../connector/create-listener.ts";
import { createCertificate } from "../../support/create-certificate.ts";

const HANDSHAKE_TIMEOUT_MS = 200;

let directory: string;
let files: { certificateFile: string; keyFile: string };
let server: net.Server;
let port: number;
const accepted: net.Socket[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "listener-"));
  files = { certificateFile: join(directory, "cert.pem"), keyFile: join(directory, "key.pem") };
  const { cert, key } = await createCertificate();
  await writeFile(files.certificateFile, cert);
  await writeFile(files.keyFile, key);
  const listener = await createListener({ tls: files }, { handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS });
  listener.onSocket((socket) => accepted.push(socket));
  server = listener.server;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as net.AddressInfo).port;
});

afterAll(async () => {
  for (const socket of accepted) socket.destroy();
  server?.close();
  await rm(directory, { recursive: true, force: true });
});

describe("createListener()", () => {
  test("closes a connection whose TLS handshake does not come, unseen by the relay", async () => {
    const socket = net.connect(port, "127.0.0.1");
    socket.on("error", () => {});
    await once(socket, "close");
    expect(accepted).toEqual([]);
  });

  test("leaves one that has shaken hands alone", async () => {
    const socket = tls.connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
    await once(socket, "secureConnect");
    await expect.poll(() => accepted.length).toBe(1);
    await new Promise((later) => setTimeout(later, 2 * HANDSHAKE_TIMEOUT_MS));
    expect(socket.destroyed).toBe(false);
    socket.destroy();
  });
});
