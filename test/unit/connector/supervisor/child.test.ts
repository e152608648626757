import { afterEach, describe, expect, test } from "vitest";
import { Child, ChildError } from "../../../../connector/supervisor/child.ts";

const START = {
  config: {} as never,
  generation: 1,
  worker: 0,
  workers: 1,
  takesOver: false,
  logLevel: "info",
};

const children: Child[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill();
});

/** @param script of the process; `on(message)` gets what it is sent */
function start(script: string, stalled: Child[] = [], stalledAfterMs = 200): Child {
  const child = new Child({
    role: "worker",
    command: [process.execPath, "--eval", `process.on("message", (message) => { ${script} })`],
    descriptors: [],
    start: START,
    stalledAfterMs,
    onStalled: (one) => stalled.push(one),
  });
  children.push(child);
  return child;
}

describe("Child", () => {
  test("is what it says it is", async () => {
    const child = start(`process.send({ type: "prepared" })`);
    await child.until("prepared", 10_000);
    child.kill();
    await child.ended;
    expect(child.hasEnded).toBe(true);
  });

  test("fails with the sentence that it has sent, or with its status", async () => {
    const failed = start(`process.send({ type: "failed", message: "no key" }, () => process.exit(1))`);
    await expect(failed.until("prepared", 10_000)).rejects.toThrow(new ChildError("no key"));
    const ended = start("process.exit(7)");
    await expect(ended.until("prepared", 10_000)).rejects.toThrow("the worker process ended with 7");
    await expect(ended.until("serving", 10_000)).rejects.toThrow("the worker process has ended");
    const silent = start("");
    await expect(silent.until("prepared", 20)).rejects.toThrow("is not prepared after 0.02 s");
  });

  test("is killed where its event loop stands still, once it has turned", async () => {
    const stalled: Child[] = [];
    const child = start(`process.send({ type: "alive" }, () => { for (;;); })`, stalled);
    await child.ended;
    expect(stalled).toEqual([child]);
  });

  test("is not killed where it was this process that stood still", async () => {
    const stalled: Child[] = [];
    // As long as a child on a busy machine may wait for its turn.
    const stalledAfterMs = 1_500;
    const child = start(`setInterval(() => process.send({ type: "alive" }), 20)`, stalled, stalledAfterMs);
    await expect.poll(() => child.has("alive")).toBe(true);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * stalledAfterMs);
    // The timer that came due meanwhile fires before what the child has sent is read.
    await new Promise((resolve) => setTimeout(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect([stalled, child.hasEnded]).toEqual([[], false]);
  });
});
