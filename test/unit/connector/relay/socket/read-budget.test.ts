import { once } from "node:events";
import * as net from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { LENDING_READS } from "../../../../../connector/relay/socket/lending-reads.ts";
import {
  MIN_READ_COST_BYTES,
  MIN_ROW_BYTES,
  mayReadOn,
  TURN_BYTES,
} from "../../../../../connector/relay/socket/read-budget.ts";
import type { SocketHandler } from "../../../../../connector/relay/socket/socket-handler.ts";
import { setSocketHandler } from "../../../../../connector/relay/socket/socket-handler.ts";

/** More than the kernel holds of one connection, so that it can be read without a pause. */
const SENT_BYTES = 16 * 1024 * 1024;
const READERS = 3;

const closers: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A row is what was read from one socket before another one was read. */
interface Row {
  readonly reader: number;
  bytes: number;
}

class Reader implements SocketHandler {
  received = 0;
  intact = true;
  readonly ended = Promise.withResolvers<void>();
  readonly #index: number;
  readonly #rows: Row[];

  constructor(index: number, rows: Row[]) {
    this.#index = index;
    this.#rows = rows;
  }

  onBytes(bytes: Buffer, length: number): void {
    this.received += length;
    if (bytes[0] !== this.#index || bytes[length - 1] !== this.#index) this.intact = false;
    const row = this.#rows.at(-1);
    if (row?.reader === this.#index) row.bytes += length;
    else this.#rows.push({ reader: this.#index, bytes: length });
  }
  onDrain(): void {}
  onEnd(): void {
    this.ended.resolve();
  }
  onClose(): void {}
}

/** Reads from several connections at once whose senders are always ahead. */
async function readAll(): Promise<{ rows: Row[]; readers: Reader[] }> {
  const server = net.createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const rows: Row[] = [];
  const readers: Reader[] = [];
  const sockets: net.Socket[] = [];
  for (let index = 0; index < READERS; index++) {
    const { port } = server.address() as net.AddressInfo;
    const socket = net.connect({ host: "127.0.0.1", port, onread: LENDING_READS });
    const [sender] = (await once(server, "connection")) as [net.Socket];
    if (socket.connecting) await once(socket, "connect");
    socket.pause();
    sender.end(Buffer.alloc(SENT_BYTES, index));
    sockets.push(socket);
    closers.push(() => socket.destroy());
  }
  closers.push(() => server.close());
  for (const [index, socket] of sockets.entries()) {
    const reader = new Reader(index, rows);
    readers.push(reader);
    setSocketHandler(socket, reader);
  }
  await Promise.all(readers.map(({ ended }) => ended.promise));
  return { rows, readers };
}

describe("mayReadOn()", () => {
  test("lets no socket be read for longer than a turn's part while others are readable, and loses nothing", async () => {
    const { rows, readers } = await readAll();
    for (const { received, intact } of readers)
      expect({ received, intact }).toEqual({ received: SENT_BYTES, intact: true });
    // The last one to end reads alone.
    const shared = rows.slice(0, rows.findLastIndex((row, at) => row.reader !== rows[at + 1]?.reader) - 1);
    const longest = Math.max(...shared.map(({ bytes }) => bytes));
    expect(longest).toBeLessThanOrEqual(TURN_BYTES);
    expect(longest).toBeGreaterThanOrEqual(MIN_ROW_BYTES);
  });

  test("counts many small reads as if they were larger", () => {
    const socket = new net.Socket();
    closers.push(() => socket.destroy());
    socket.resume();
    const limit = TURN_BYTES / MIN_READ_COST_BYTES;
    const answers = Array.from({ length: limit }, () => mayReadOn(socket, 1));
    expect(answers).toContain(false);
  });

  test("leaves a paused socket to whoever paused it", () => {
    const socket = new net.Socket();
    closers.push(() => socket.destroy());
    socket.pause();
    expect(mayReadOn(socket, TURN_BYTES)).toBe(true);
    expect(socket.isPaused()).toBe(true);
  });
});
