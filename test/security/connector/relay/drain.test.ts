import { describe, expect, test } from "vitest";
import { GET, RelayStage, SOON_MS } from "../../../support/relay/relay-stage.ts";

const stage = RelayStage.set();

describe("5.5 At the end of a drain", () => {
  test("a request without a response gets 503", async () => {
    const { guest, visit, running } = await stage.start({ limits: { drainRequestsMs: SOON_MS } });
    const visitors = [visit(), visit()];
    visitors[0]!.send(GET);
    visitors[1]!.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhello");
    for (const _ of visitors) await guest.nextRequest();
    void running.relay.drain();
    for (const visitor of visitors) {
      const { status, fields } = await visitor.readResponse();
      expect([status, fields.get("preview-error"), fields.get("retry-after")]).toEqual([
        503,
        "draining",
        "1",
      ]);
      expect(await visitor.readToEnd()).toBe("");
    }
  });

  test.for([
    ["of known length", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello"],
    ["in chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"],
    ["without a length", "HTTP/1.1 200 OK\r\n\r\nhello"],
  ] as const)("a response that has begun is reset, not ended like a complete one (%s)", async ([, begun]) => {
    const { guest, visit, running } = await stage.start({ limits: { drainRequestsMs: SOON_MS } });
    const visitor = visit();
    visitor.send(GET);
    (await guest.nextRequest()).peer.send(begun);
    await visitor.readUntil("hello");
    void running.relay.drain();
    expect(await visitor.readToEnd()).not.toContain("0\r\n\r\n");
    expect(await visitor.isAborted()).toBe(true);
  });
});
