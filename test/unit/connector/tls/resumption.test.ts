import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tls from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Listener } from "../../../../connector/create-listener.ts";
import { createListener } from "../../../../connector/create-listener.ts";
import { createTicketKeys } from "../../../../connector/tls/ticket-keys.ts";
import { createCertificate } from "../../../support/create-certificate.ts";

let directory: string;
let files: { certificateFile: string; keyFile: string };
/** Two processes of one listener, as far as TLS is concerned. */
let listeners: Listener[];

async function start(): Promise<Listener> {
  const listener = await createListener({ tls: files });
  listener.onSocket((socket) => socket.end("x"));
  listener.server.listen(0, "127.0.0.1");
  await once(listener.server, "listening");
  return listener;
}

/** @returns the ticket that the server gave, and whether it resumed the session of the one that it was given */
async function visit(
  { server }: Listener,
  session?: Buffer,
): Promise<{ session: Buffer | undefined; isReused: boolean }> {
  const { port } = server.address() as net.AddressInfo;
  const socket = tls.connect({
    port,
    host: "127.0.0.1",
    rejectUnauthorized: false,
    ...(session && { session }),
  });
  let given: Buffer | undefined;
  socket.on("session", (ticket) => {
    given = ticket;
  });
  await once(socket, "secureConnect");
  const isReused = socket.isSessionReused();
  socket.resume();
  await once(socket, "close");
  return { session: given, isReused };
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "resumption-"));
  files = { certificateFile: join(directory, "cert.pem"), keyFile: join(directory, "key.pem") };
  const { cert, key } = await createCertificate();
  await writeFile(files.certificateFile, cert);
  await writeFile(files.keyFile, key);
  listeners = [await start(), await start()];
});

afterAll(async () => {
  for (const { server } of listeners) server.close();
  await rm(directory, { recursive: true, force: true });
});

describe("setTicketKeys()", () => {
  test("makes a listener resume the sessions of another one with the same keys, and of no other", async () => {
    const [first, second] = listeners as [Listener, Listener];
    const { session } = await visit(first);
    expect((await visit(first, session)).isReused).toBe(true);
    expect((await visit(second, session)).isReused).toBe(false);
    const keys = createTicketKeys();
    for (const each of listeners) each.setTicketKeys(keys);
    expect((await visit(second, (await visit(first)).session)).isReused).toBe(true);
  });

  test("ends the sessions of the former keys, by a full handshake", async () => {
    const [first] = listeners as [Listener, Listener];
    const { session } = await visit(first);
    first.setTicketKeys(createTicketKeys());
    expect(await visit(first, session)).toMatchObject({ isReused: false, session: expect.any(Buffer) });
  });
});
