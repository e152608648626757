import { describe, expect, test } from "vitest";
import type { RawPeer } from "../support/relay/raw-peer.ts";
import type { Stage } from "./stage.ts";
import { responseOf } from "./stage.ts";

/** RFC 9112, section 9, and RFC 9110, section 10.1.1: many exchanges, many connections, and which side may close when. */
export function connections(stage: Stage): void {
  const { direct, sendsResets } = stage.capabilities;
  const directTest = stage.testIf("direct");

  function leave({ socket }: RawPeer): void {
    if (direct) socket.destroy();
    else socket.resetAndDestroy();
  }

  describe("connections", () => {
    test("keep both sides open between exchanges", async () => {
      const visitor = stage.visit();
      visitor.send(stage.head("GET /1"));
      const first = await stage.guest.nextRequest();
      first.respond(responseOf("1"));
      await visitor.readResponse();
      visitor.send(stage.head("GET /2"));
      const second = await stage.guest.nextRequest();
      second.respond(responseOf("2"));
      expect((await visitor.readResponse()).body).toBe("2");
      expect(second.peer).toBe(first.peer);
    });

    directTest("close towards the visitor after Connection: close", async () => {
      const visitor = stage.visit();
      visitor.send(stage.head("GET /", "Connection: close\r\n"));
      (await stage.guest.nextRequest()).respond(responseOf("ok"));
      expect((await visitor.readResponse()).fields.get("connection")).toBe("close");
      expect(await visitor.readToEnd()).toBe("");
    });

    test("reuse no connection whose guest sent Connection: close", async () => {
      const first = await stage.exchange(stage.head("GET /"), responseOf("ok", "connection: close\r\n"));
      await first.seen.peer.readToEnd();
      const second = await stage.exchange(stage.head("GET /"), responseOf("ok"));
      expect(second.seen.peer).not.toBe(first.seen.peer);
    });

    test("reuse no connection that its guest soon closes", async () => {
      const visitor = stage.visit();
      visitor.send(stage.head("GET /1"));
      const first = await stage.guest.nextRequest();
      first.respond(responseOf("1", "keep-alive: timeout=1\r\n"));
      expect((await visitor.readResponse()).body).toBe("1");
      await first.peer.readToEnd();
      visitor.send(stage.head("GET /2"));
      const second = await stage.guest.nextRequest();
      second.respond(responseOf("2"));
      expect((await visitor.readResponse()).body).toBe("2");
      expect(second.peer).not.toBe(first.peer);
    });

    directTest("respond to pipelined requests in order, each sent once", async () => {
      const visitor = stage.visit();
      visitor.send(
        stage.head("GET /1") +
          stage.head("POST /2", "Content-Length: 5\r\n") +
          "hello" +
          stage.head("GET /3"),
      );
      for (const path of ["/1", "/2", "/3"]) {
        const seen = await stage.guest.nextRequest();
        expect(seen.head.split(" ")[1]).toBe(path);
        if (path === "/2") expect(await seen.peer.readBytes(5)).toBe("hello");
        seen.respond(responseOf(path));
      }
      for (const path of ["/1", "/2", "/3"]) expect((await visitor.readResponse()).body).toBe(path);
    });

    directTest("respond to a thousand pipelined requests", async () => {
      const visitor = stage.visit();
      const count = 1000;
      visitor.send(Array.from({ length: count }, (_, index) => stage.head(`GET /${index}`)).join(""));
      for (let index = 0; index < count; index++) {
        const seen = await stage.guest.nextRequest();
        seen.respond(responseOf(seen.head.split(" ")[1]!));
      }
      for (let index = 0; index < count; index++)
        expect((await visitor.readResponse()).body).toBe(`/${index}`);
    });

    directTest("ignore one empty line behind each request", async () => {
      const visitor = stage.visit();
      for (const path of ["/1", "/2", "/3"]) {
        visitor.send(`${stage.head(`GET ${path}`)}\r\n`);
        (await stage.guest.nextRequest()).respond(responseOf(path));
        expect((await visitor.readResponse()).body).toBe(path);
      }
      expect(visitor.unread).toBe("");
    });

    directTest("refuse a broken request behind a good one, after the response to that one", async () => {
      const visitor = stage.visit();
      visitor.send(`${stage.head("GET /1")}GET / HTTP/9.9\r\n\r\n`);
      (await stage.guest.nextRequest()).respond(responseOf("1"));
      expect((await visitor.readResponse()).body).toBe("1");
      expect((await visitor.readResponse()).status).toBe(400);
      expect(await visitor.readToEnd()).toBe("");
    });

    directTest("carry Expect: 100-continue from end to end", async () => {
      const visitor = stage.visit();
      visitor.send(stage.head("POST /", "Expect: 100-continue\r\nContent-Length: 5\r\n"));
      const seen = await stage.guest.nextRequest();
      expect(seen.fields.get("expect")).toBe("100-continue");
      seen.peer.send("HTTP/1.1 100 Continue\r\n\r\n");
      expect((await visitor.readResponse()).status).toBe(100);
      visitor.send("hello");
      expect(await seen.peer.readBytes(5)).toBe("hello");
      seen.respond(responseOf("ok"));
      expect((await visitor.readResponse()).body).toBe("ok");
    });

    directTest("deliver a refusal of Expect, and close", async () => {
      const visitor = stage.visit();
      visitor.send(stage.head("POST /", "Expect: 100-continue\r\nContent-Length: 5\r\n"));
      (await stage.guest.nextRequest()).peer.send("HTTP/1.1 417 No\r\ncontent-length: 2\r\n\r\nno");
      const response = await visitor.readResponse();
      expect(response).toMatchObject({ status: 417, body: "no" });
      expect(response.fields.get("connection")).toBe("close");
      expect(await visitor.readToEnd()).toBe("");
    });

    test("deliver an early final response, then stop the upload", async () => {
      const visitor = stage.visit();
      visitor.send(stage.head("POST /", "Content-Length: 100000000\r\n"));
      visitor.send("a".repeat(10_000));
      const { peer } = await stage.guest.nextRequest();
      peer.send("HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno");
      expect(await visitor.readResponse()).toMatchObject({ status: 413, body: "no" });
      await peer.readToEnd();
      if (direct) expect(await visitor.readToEnd()).toBe("");
    });

    directTest("carry both directions at once", async () => {
      const visitor = stage.visit();
      visitor.send(stage.head("POST /", "Transfer-Encoding: chunked\r\n"));
      const { peer } = await stage.guest.nextRequest();
      peer.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
      await visitor.readHead();
      for (const piece of ["ping1", "ping2", "ping3"]) {
        visitor.send(`5\r\n${piece}\r\n`);
        expect(await peer.readBytes(10)).toBe(`5\r\n${piece}\r\n`);
        peer.send(`5\r\n${piece}\r\n`);
        expect(await visitor.readBytes(10)).toBe(`5\r\n${piece}\r\n`);
      }
      visitor.send("0\r\n\r\n");
      expect(await peer.readBytes(5)).toBe("0\r\n\r\n");
      peer.send("0\r\n\r\n");
      expect(await visitor.readBytes(5)).toBe("0\r\n\r\n");
    });

    // workerd does not notice an end while it waits for a response.
    const departures = (["end", "reset"] as const).filter((how) => (how === "end" ? direct : sendsResets));
    test.for(departures)("free the guest when a waiting visitor leaves (%s)", async (how) => {
      const visitor = stage.visit();
      visitor.send(stage.head("GET /slow"));
      const { peer } = await stage.guest.nextRequest();
      const leftMs = performance.now();
      if (how === "end") visitor.socket.destroy();
      else visitor.socket.resetAndDestroy();
      await peer.readToEnd();
      expect(performance.now() - leftMs).toBeLessThan(1000);
    });

    test("free the guest when a visitor leaves inside a response", async () => {
      const visitor = stage.visit();
      visitor.send(stage.head("GET /stream"));
      const { peer } = await stage.guest.nextRequest();
      peer.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n");
      await visitor.readHead();
      const leftMs = performance.now();
      leave(visitor);
      await peer.readToEnd();
      expect(performance.now() - leftMs).toBeLessThan(1000);
    });

    test("free the guest when a visitor leaves inside an upload", async () => {
      const visitor = stage.visit();
      visitor.send(`${stage.head("POST /", "Content-Length: 100\r\n")}hello`);
      const { peer } = await stage.guest.nextRequest();
      await peer.readBytes(5);
      const leftMs = performance.now();
      leave(visitor);
      await peer.readToEnd();
      expect(performance.now() - leftMs).toBeLessThan(1000);
    });

    test("send an idempotent request once more where a reused connection ends without a response", async () => {
      const first = await stage.exchange(stage.head("GET /1"), responseOf("1"));
      const visitor = stage.visit();
      visitor.send(stage.head("GET /2"));
      const second = await stage.guest.nextRequest();
      expect(second.peer).toBe(first.seen.peer);
      second.peer.reset();
      const third = await stage.guest.nextRequest();
      expect(third.head).toBe(second.head);
      third.respond(responseOf("2"));
      expect((await visitor.readResponse()).body).toBe("2");
    });

    test.for([
      ["a POST", "POST /2", "Content-Length: 0\r\n", ""],
      ["a PUT whose body was sent", "PUT /2", "Content-Length: 5\r\n", "hello"],
    ] as const)("send %s at most once", async ([, line, fieldLines, body]) => {
      await stage.exchange(stage.head("GET /1"), responseOf("1"));
      const before = stage.guest.received;
      const visitor = stage.visit();
      visitor.send(stage.head(line, fieldLines) + body);
      const second = await stage.guest.nextRequest();
      await second.peer.readBytes(body.length);
      second.peer.reset();
      expect((await visitor.readResponse()).status).toBe(502);
      await stage.canary();
      expect(stage.guest.received - before).toBe(2);
    });

    test("send no request twice on a connection that was fresh", async () => {
      const before = stage.guest.received;
      const visitor = stage.visit();
      visitor.send(stage.head("GET /1"));
      (await stage.guest.nextRequest()).peer.reset();
      expect((await visitor.readResponse()).status).toBe(502);
      await stage.canary();
      expect(stage.guest.received - before).toBe(2);
    });

    test("send no request twice after a byte of its response", async () => {
      await stage.exchange(stage.head("GET /1"), responseOf("1"));
      const before = stage.guest.received;
      const visitor = stage.visit();
      visitor.send(stage.head("GET /2"));
      const second = await stage.guest.nextRequest();
      second.peer.send("H");
      second.peer.socket.end();
      expect((await visitor.readResponse()).status).toBe(502);
      await stage.canary();
      expect(stage.guest.received - before).toBe(2);
    });
  });
}
