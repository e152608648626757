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

/** What was read from each socket in one turn of the event loop. */
type Turn = Map<Reader, number>;

class Turns {
  readonly all: Turn[] = [];
  #current: Turn | undefined = undefined;

  add(reader: Reader, bytes: number): void {
    if (this.#current === undefined) {
      this.#current = new Map();
      this.all.push(this.#current);
      // It runs after all events of this turn.
      setImmediate(() => {
        this.#current = undefined;
      });
    }
    this.#current.set(reader, (this.#current.get(reader) ?? 0) + bytes);
  }
}

class Reader implements SocketHandler {
  received = 0;
  intact = true;
  readonly ended = Promise.withResolvers<void>();
  readonly #index: number;
  readonly #turns: Turns;

  constructor(index: number, turns: Turns) {
    this.#index = index;
    this.#turns = turns;
  }

  onBytes(bytes: Buffer, length: number): void {
    this.received += length;
    if (bytes[0] !== this.#index || bytes[length - 1] !== this.#index) this.intact = false;
    this.#turns.add(this, length);
  }
  onDrain(): void {}
  onEnd(): void {
    this.ended.resolve();
  }
  onClose(): void {}
}

/** Reads from several connections at once whose senders are always ahead. */
async function readAll(): Promise<{ turns: readonly Turn[]; readers: Reader[] }> {
  const server = net.createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const turns = new Turns();
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
    const reader = new Reader(index, turns);
    readers.push(reader);
    setSocketHandler(socket, reader);
  }
  await Promise.all(readers.map(({ ended }) => ended.promise));
  return { turns: turns.all, readers };
}

describe("mayReadOn()", () => {
  test("lets no socket be read for longer than its part of a turn, and loses nothing", async () => {
    const { turns, readers } = await readAll();
    for (const { received, intact } of readers)
      expect({ received, intact }).toEqual({ received: SENT_BYTES, intact: true });
    expect(turns.some((turn) => turn.size === READERS)).toBe(true);
    const longest = Math.max(...turns.flatMap((turn) => [...turn.values()]));
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

  test("counts a socket that is stopped again in one turn as one, so that it takes nothing from the others", async () => {
    const [stopped, other] = [new net.Socket(), new net.Socket()];
    for (const socket of [stopped, other]) closers.push(() => socket.destroy());
    for (let record = 0; record < 20; record++) expect(mayReadOn(stopped, TURN_BYTES)).toBe(false);
    await new Promise((resolve) => setImmediate(resolve));
    expect(mayReadOn(other, TURN_BYTES / 4)).toBe(true);
  });

  test("leaves a paused socket to whoever paused it", () => {
    const socket = new net.Socket();
    closers.push(() => socket.destroy());
    socket.pause();
    expect(mayReadOn(socket, TURN_BYTES)).toBe(true);
    expect(socket.isPaused()).toBe(true);
  });
});
