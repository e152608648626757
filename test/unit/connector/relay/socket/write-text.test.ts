import { once } from "node:events";
import * as net from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { canWriteToHandle } from "../../../../../connector/relay/socket/node-internals.ts";
import type { SocketHandler } from "../../../../../connector/relay/socket/socket-handler.ts";
import { setSocketHandler } from "../../../../../connector/relay/socket/socket-handler.ts";
import { writeText } from "../../../../../connector/relay/socket/write-text.ts";

const PIECE_LENGTH = 16 * 1024;

const closers: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

class Handler implements SocketHandler {
  drained = Promise.withResolvers<void>();
  closed = Promise.withResolvers<void>();
  onBytes(): void {}
  onEnd(): void {}
  onDrain(): void {
    this.drained.resolve();
    this.drained = Promise.withResolvers<void>();
  }
  onClose(): void {
    this.closed.resolve();
  }
}

/** Both ends of a connection; `receiver` does not read yet. */
async function connect(): Promise<{ sender: net.Socket; receiver: net.Socket; handler: Handler }> {
  const server = net.createServer({ pauseOnConnect: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const sender = net.connect((server.address() as net.AddressInfo).port, "127.0.0.1");
  const [receiver] = (await once(server, "connection")) as [net.Socket];
  if (sender.connecting) await once(sender, "connect");
  closers.push(() => {
    sender.destroy();
    receiver.destroy();
    server.close();
  });
  const handler = new Handler();
  setSocketHandler(sender, handler);
  return { sender, receiver, handler };
}

function piece(index: number): string {
  return `${index},`.padEnd(PIECE_LENGTH, "\xe9");
}

/** Writes until the receiver is slow. @returns how many pieces */
function fill(sender: net.Socket): number {
  let count = 1;
  while (writeText(sender, piece(count - 1))) count++;
  return count;
}

async function readAll(receiver: net.Socket): Promise<string> {
  receiver.setEncoding("latin1");
  let text = "";
  for await (const part of receiver) text += part;
  return text;
}

describe("writeText()", () => {
  test("writes past the stream on this Node", async () => {
    expect(canWriteToHandle()).toBe(true);
    const { sender, receiver } = await connect();
    expect(writeText(sender, "hello")).toBe(true);
    expect(sender.writableLength).toBe(0);
    sender.end();
    receiver.resume();
    expect(await readAll(receiver)).toBe("hello");
  });

  test("returns false where the receiver is slow, and calls onDrain once it has caught up", async () => {
    const { sender, receiver, handler } = await connect();
    const count = fill(sender);
    const { promise } = handler.drained;
    const text = readAll(receiver);
    await promise;
    expect(writeText(sender, "next")).toBe(true);
    sender.end();
    expect(await text).toBe(`${Array.from({ length: count }, (_, index) => piece(index)).join("")}next`);
  });

  test("keeps the order of what is written while it waits, up to the end", async () => {
    const { sender, receiver } = await connect();
    const count = fill(sender);
    let expected = Array.from({ length: count }, (_, index) => piece(index)).join("");
    for (const more of ["a", "b", "c"]) {
      writeText(sender, more);
      sender.write(Buffer.from(more.toUpperCase()));
      expected += more + more.toUpperCase();
    }
    sender.end("last");
    expect(await readAll(receiver)).toBe(`${expected}last`);
  });

  test("makes the stream count what waits, and calls onDrain once the kernel has all of it", async () => {
    const { sender, receiver, handler } = await connect();
    fill(sender);
    while (writeText(sender, piece(0)));
    expect(sender.writableNeedDrain).toBe(true);
    const { promise } = handler.drained;
    receiver.resume();
    await promise;
    expect(sender.writableLength).toBe(0);
  });

  test("destroys a socket whose peer is gone", async () => {
    const { sender, receiver, handler } = await connect();
    fill(sender);
    receiver.resetAndDestroy();
    await handler.closed.promise;
    expect(sender.destroyed).toBe(true);
    expect(writeText(sender, "more")).toBe(false);
  });
});
