import { once } from "node:events";
import * as net from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { Channel } from "../../../../connector/workers/channel.ts";

interface Remote {
  double(value: number): number;
  wait(nothing: null): Promise<void>;
  fail(nothing: null): void;
  note(text: string): void;
}

const closers: (() => void)[] = [];
const bugs: unknown[] = [];
const notes: string[] = [];
const forever = Promise.withResolvers<void>();

afterEach(() => {
  for (const close of closers.splice(0)) close();
  bugs.length = 0;
  notes.length = 0;
});

/** Two ends of a connection, and a channel over the first. */
async function connect(functions?: Partial<Remote>): Promise<{ channel: Channel<Remote>; far: net.Socket }> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const near = net.connect((server.address() as net.AddressInfo).port, "127.0.0.1");
  const [far] = (await once(server, "connection")) as [net.Socket];
  far.on("error", () => {});
  closers.push(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  if (functions !== undefined) new Channel<object>(far, functions, (error) => bugs.push(error));
  return { channel: new Channel<Remote>(near, {}, (error) => bugs.push(error)), far };
}

const FUNCTIONS: Remote = {
  double: (value) => value * 2,
  wait: () => forever.promise,
  fail: () => {
    throw new RangeError("no");
  },
  note: (text) => void notes.push(text),
};

describe("Channel", () => {
  test("calls in order, and gives results back", async () => {
    const { channel } = await connect(FUNCTIONS);
    channel.notify("note", "a\nb");
    channel.notify("note", "é".repeat(100_000));
    expect(await channel.call("double", 21)).toBe(42);
    expect(notes).toEqual(["a\nb", "é".repeat(100_000)]);
  });

  test("rejects what the other side throws, and what it does not know", async () => {
    const { channel } = await connect(FUNCTIONS);
    await expect(channel.call("fail", null)).rejects.toThrow("no");
    await expect(channel.call("toString" as "fail", null)).rejects.toThrow("there is no function toString");
    expect(bugs).toHaveLength(2);
  });

  test("rejects a call that gets no response in time, and all when the channel closes", async () => {
    const { channel, far } = await connect(FUNCTIONS);
    await expect(channel.call("wait", null, 20)).rejects.toThrow("no response to wait within 20 ms");
    const waiting = channel.call("wait", null);
    far.destroy();
    await expect(waiting).rejects.toThrow("closed the channel");
    await channel.closed;
    await expect(channel.call("double", 1)).rejects.toThrow("the channel is closed");
  });

  test.each(["no JSON\n", "null\n", "[]\n", '"text"\n'])("closes at what is no message: %j", async (text) => {
    const { channel, far } = await connect();
    far.write(text);
    await channel.closed;
  });
});
