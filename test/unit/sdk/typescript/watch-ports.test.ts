import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Client, NotFoundError, PortTimeoutError } from "../../../../sdk/typescript/src/index.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const READY = "event: ready\ndata: {}\n\n";
const event = (port: number, open: boolean): string =>
  `event: port\ndata: {"port":${port},"open":${open}}\n\n`;

/** Streams that a test writes by hand. */
function createWatched() {
  const streams: ReadableStreamDefaultController<Uint8Array>[] = [];
  const queries: string[] = [];
  const answers: Response[] = [];
  const answer = async (url: string, { signal }: RequestInit): Promise<Response> => {
    queries.push(new URL(url).search);
    const refusal = answers.shift();
    if (refusal !== undefined) return refusal;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        streams.push(controller);
        signal?.addEventListener("abort", () => controller.error(signal.reason));
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
  const client = new Client({ token: "x", fetch: answer as never });
  const send = (text: string): void => streams.at(-1)?.enqueue(new TextEncoder().encode(text));
  return { sandbox: client.sandboxes.ref("1a2b3c4d"), streams, send, queries, answers };
}

/** Lets the fetch and the pauses of a reader pass. */
const pass = () => vi.advanceTimersByTimeAsync(1_500);

describe("Sandbox.watchPorts()", () => {
  test("gives the open ports, then each change, also where an event comes in pieces", async () => {
    const { sandbox, send } = createWatched();
    const changes = sandbox.watchPorts();
    const first = changes.next();
    await pass();
    send(event(3000, true) + READY);
    expect((await first).value).toEqual({ port: 3000, open: true });
    const second = changes.next();
    send(`: ping\n\n${event(3000, false).slice(0, 20)}`);
    await pass();
    send(event(3000, false).slice(20));
    expect((await second).value).toEqual({ port: 3000, open: false });
    await changes.return(undefined);
  });

  test("opens another stream where one ends, and gives only what has changed meanwhile", async () => {
    const { sandbox, send, streams } = createWatched();
    const changes = sandbox.watchPorts();
    const first = changes.next();
    await pass();
    send(event(3000, true) + READY);
    await first;
    const second = changes.next();
    streams[0]?.close();
    await pass();
    expect(streams).toHaveLength(2);
    send(event(5173, true) + READY);
    expect((await second).value).toEqual({ port: 5173, open: true });
    expect((await changes.next()).value).toEqual({ port: 3000, open: false });
    await changes.return(undefined);
  });

  test("opens another stream where one is silent for longer than its pings", async () => {
    const { sandbox, send, streams } = createWatched();
    const changes = sandbox.watchPorts();
    const first = changes.next();
    await pass();
    send(READY);
    await vi.advanceTimersByTimeAsync(44_000);
    expect(streams).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(streams).toHaveLength(2);
    send(event(80, true));
    expect((await first).value).toEqual({ port: 80, open: true });
    await changes.return(undefined);
  });

  test("ends with the error where the sandbox has ended", async () => {
    const { sandbox, send, streams, answers } = createWatched();
    const changes = sandbox.watchPorts();
    const first = changes.next();
    await pass();
    send(READY);
    answers.push(Response.json({ code: "sandbox_not_found" }, { status: 404 }));
    streams[0]?.close();
    const failed = expect(first).rejects.toThrow(NotFoundError);
    await pass();
    await failed;
  });

  test("ends with the signal's reason", async () => {
    const { sandbox } = createWatched();
    const abort = new AbortController();
    const first = sandbox.watchPorts({ signal: abort.signal }).next();
    await pass();
    const reason = new Error("enough");
    const failed = expect(first).rejects.toBe(reason);
    abort.abort(reason);
    await failed;
  });
});

describe("Sandbox.waitForPort()", () => {
  test("resolves when the port is open, and has the host dial it", async () => {
    const { sandbox, send, queries } = createWatched();
    const open = sandbox.waitForPort(3000);
    await pass();
    send(event(8080, true) + READY);
    send(event(3000, true));
    await open;
    expect(queries).toEqual(["?dial=3000"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("fails after its time with the ports that are open", async () => {
    const { sandbox, send } = createWatched();
    const open = sandbox.waitForPort(3000, { timeoutMs: 5_000 });
    const failed = expect(open).rejects.toMatchObject({ name: "PortTimeoutError", openPorts: [8080] });
    await pass();
    send(event(8080, true) + READY);
    await vi.advanceTimersByTimeAsync(5_000);
    await failed;
    await expect(open).rejects.toBeInstanceOf(PortTimeoutError);
  });

  test("ends with the signal's reason", async () => {
    const { sandbox } = createWatched();
    const abort = new AbortController();
    const open = sandbox.waitForPort(3000, { signal: abort.signal });
    const failed = expect(open).rejects.toThrow("enough");
    await pass();
    abort.abort(new Error("enough"));
    await failed;
  });
});
