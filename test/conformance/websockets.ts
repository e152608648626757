import { once } from "node:events";
import * as http from "node:http";
import { afterAll, describe, expect, test } from "vitest";
import type { RawData } from "ws";
import { WebSocket, WebSocketServer } from "ws";
import type { Stage } from "./stage.ts";
import { responseOf } from "./stage.ts";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
/** RFC 6455, section 1.3. */
const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const HANDSHAKE = `Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n`;
const SWITCHING = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
const ACCEPTED = `${SWITCHING}Sec-WebSocket-Accept: ${ACCEPT}\r\n\r\n`;

/** Responses that do not accept the handshake of `KEY`. */
const NOT_ACCEPTED: readonly (readonly [criterion: string, response: string])[] = [
  ["without Sec-WebSocket-Accept", `${SWITCHING}\r\n`],
  [
    "with another Sec-WebSocket-Accept",
    `${SWITCHING}Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n`,
  ],
  ["with two", `${SWITCHING}${`Sec-WebSocket-Accept: ${ACCEPT}\r\n`.repeat(2)}\r\n`],
  ["to another protocol", ACCEPTED.replace("websocket", "h2c")],
  ["without Upgrade", ACCEPTED.replace("Upgrade: websocket\r\n", "")],
  ["without Connection", ACCEPTED.replace("Connection: Upgrade\r\n", "")],
  [
    "with a subprotocol that was not offered",
    ACCEPTED.replace("\r\n\r\n", "\r\nSec-WebSocket-Protocol: x\r\n\r\n"),
  ],
];

/** RFC 6455, byte by byte, and with the `ws` package at both ends. */
export function webSockets(stage: Stage): void {
  const directTest = stage.testIf("direct");

  describe("tunnels", () => {
    directTest("open after a handshake, and carry bytes both ways", async () => {
      const visitor = stage.visit();
      visitor.send(
        stage.head("GET /ws", `${HANDSHAKE}Origin: ${stage.target.origin(stage.target.port)}\r\n`),
      );
      const { peer, fields } = await stage.guest.nextRequest();
      expect(fields.get("connection")).toBe("Upgrade");
      expect(fields.get("upgrade")).toBe("websocket");
      expect(fields.get("origin")).toBe(stage.localOrigin);
      peer.send(`${ACCEPTED}early`);
      const response = await visitor.readResponse();
      expect(response.status).toBe(101);
      expect(response.fields.get("connection")).toBe("Upgrade");
      expect(response.fields.get("upgrade")).toBe("websocket");
      expect(await visitor.readBytes(5)).toBe("early");
      visitor.send("\x00\xff anything");
      expect(await peer.readBytes(11)).toBe("\x00\xff anything");
      peer.send("back");
      expect(await visitor.readBytes(4)).toBe("back");
    });

    directTest("select the subprotocol that holds a link's token, where the app selects none", async () => {
      const visitor = stage.visit();
      visitor.send(stage.head("GET /ws", `${HANDSHAKE}Sec-WebSocket-Protocol: chat, preview-token.abc\r\n`));
      const { peer, fields } = await stage.guest.nextRequest();
      expect(fields.get("sec-websocket-protocol")).toBe("chat");
      peer.send(ACCEPTED);
      const response = await visitor.readResponse();
      expect([response.status, response.fields.get("sec-websocket-protocol")]).toEqual([
        101,
        "preview-token.abc",
      ]);
    });

    directTest("select what the app selects beside a link's token", async () => {
      const visitor = stage.visit();
      visitor.send(stage.head("GET /ws", `${HANDSHAKE}Sec-WebSocket-Protocol: preview-token.abc,chat\r\n`));
      const { peer, fields } = await stage.guest.nextRequest();
      expect(fields.get("sec-websocket-protocol")).toBe("chat");
      peer.send(ACCEPTED.replace("\r\n\r\n", "\r\nSec-WebSocket-Protocol: chat\r\n\r\n"));
      expect((await visitor.readResponse()).fields.get("sec-websocket-protocol")).toBe("chat");
    });

    directTest(
      "offer the app no subprotocol where only a link's token is offered, and accept none",
      async () => {
        const visitor = stage.visit();
        visitor.send(stage.head("GET /ws", `${HANDSHAKE}Sec-WebSocket-Protocol: preview-token.abc\r\n`));
        const { peer, fields } = await stage.guest.nextRequest();
        expect(fields.has("sec-websocket-protocol")).toBe(false);
        peer.send(ACCEPTED.replace("\r\n\r\n", "\r\nSec-WebSocket-Protocol: preview-token.abc\r\n\r\n"));
        expect((await visitor.readResponse()).status).toBe(502);
      },
    );

    directTest("pass on each side's end alone", async () => {
      const visitor = stage.visit();
      visitor.send(stage.head("GET /ws", HANDSHAKE));
      const { peer } = await stage.guest.nextRequest();
      peer.send(ACCEPTED);
      await visitor.readHead();
      visitor.send("last");
      visitor.socket.end();
      expect(await peer.readToEnd()).toBe("last");
      peer.send("still here");
      expect(await visitor.readBytes(10)).toBe("still here");
      peer.socket.end();
      expect(await visitor.readToEnd()).toBe("");
      await Promise.all([visitor.closed(), peer.closed()]);
      expect(visitor.wasReset || peer.wasReset).toBe(false);
    });

    stage.testIf("showsResets").for(["visitor", "guest"] as const)(
      "pass on a reset by the %s",
      async (side) => {
        const visitor = stage.visit();
        visitor.send(stage.head("GET /ws", HANDSHAKE));
        const { peer } = await stage.guest.nextRequest();
        peer.send(ACCEPTED);
        await visitor.readHead();
        const [from, to] = side === "visitor" ? [visitor, peer] : [peer, visitor];
        from.socket.resetAndDestroy();
        await to.closed();
        expect(to.wasReset).toBe(true);
      },
    );

    directTest.for(NOT_ACCEPTED)("do not open after a 101 %s", async ([, response]) => {
      const visitor = stage.visit();
      visitor.send(stage.head("GET /ws", HANDSHAKE));
      const { peer } = await stage.guest.nextRequest();
      peer.send(response);
      const refused = await visitor.readResponse();
      expect([refused.status, refused.fields.get("preview-error")]).toEqual([502, "guest_protocol"]);
      await peer.readToEnd();
    });

    directTest("open with one of several offered subprotocols", async () => {
      const visitor = stage.visit();
      visitor.send(stage.head("GET /ws", `${HANDSHAKE}Sec-WebSocket-Protocol: a, , b\r\n`));
      const { peer, fields } = await stage.guest.nextRequest();
      expect(fields.get("sec-websocket-protocol")).toBe("a, , b");
      peer.send(ACCEPTED.replace("\r\n\r\n", "\r\nSec-WebSocket-Protocol: b\r\n\r\n"));
      expect((await visitor.readResponse()).fields.get("sec-websocket-protocol")).toBe("b");
    });

    test("stay closed where the app refuses, and pass its response as ordinary HTTP", async () => {
      const response = "HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno";
      const visitor = stage.visit();
      visitor.send(stage.head("GET /ws", HANDSHAKE));
      (await stage.guest.nextRequest()).respond(response);
      expect(await visitor.readResponse()).toMatchObject({ status: 403, body: "no" });
      if (!stage.capabilities.direct) return;
      visitor.send(stage.head("GET /next"));
      (await stage.guest.nextRequest()).respond(responseOf("next"));
      expect((await visitor.readResponse()).body).toBe("next");
    });

    directTest("drop what was sent ahead where the app refuses", async () => {
      const visitor = stage.visit();
      visitor.send(stage.head("GET /ws", HANDSHAKE) + stage.head("GET /ahead"));
      (await stage.guest.nextRequest()).respond("HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno");
      expect((await visitor.readResponse()).fields.get("connection")).toBe("close");
      const before = stage.guest.received;
      expect(await visitor.readToEnd()).toBe("");
      expect(stage.guest.received).toBe(before);
    });
  });

  describe("the ws package", () => {
    const http1 = http.createServer();
    const server = new WebSocketServer({
      server: http1,
      perMessageDeflate: { threshold: 0 },
      handleProtocols: (offered) => [...offered].at(-1) ?? false,
      maxPayload: 64 * 1024 * 1024,
    });
    server.on("connection", (socket) => {
      socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
      socket.on("close", (code, reason) => server.emit("seen-close", code, reason.toString()));
      socket.on("error", () => {});
    });
    afterAll(() => server.close());

    async function open(options: { protocols?: string[]; deflate?: boolean } = {}): Promise<WebSocket> {
      stage.guest.substitute(http1);
      const client = new WebSocket(`ws://${stage.target.fields.host}/ws`, options.protocols ?? [], {
        headers: { ...stage.target.fields },
        perMessageDeflate: options.deflate ?? false,
        maxPayload: 64 * 1024 * 1024,
        createConnection: () => stage.target.connect(),
      });
      await once(client, "open");
      return client;
    }
    async function echo(client: WebSocket, data: string | Buffer): Promise<Buffer> {
      client.send(data);
      const [received] = (await once(client, "message")) as [RawData];
      return received as Buffer;
    }

    test("carries text and binary messages", async () => {
      const client = await open();
      expect((await echo(client, "héllo")).toString()).toBe("héllo");
      expect(await echo(client, Buffer.from([0, 255, 10, 13]))).toEqual(Buffer.from([0, 255, 10, 13]));
      client.terminate();
    });

    test("negotiates compression and a subprotocol end to end", async () => {
      const client = await open({ deflate: true, protocols: ["a", "b"] });
      expect(client.extensions).toContain("permessage-deflate");
      expect(client.protocol).toBe("b");
      expect((await echo(client, "a".repeat(100_000))).length).toBe(100_000);
      client.terminate();
    });

    test("carries messages of 16 MiB", async () => {
      const client = await open();
      const message = Buffer.alloc(16 * 1024 * 1024, "0123456789abcdef");
      expect((await echo(client, message)).equals(message)).toBe(true);
      client.terminate();
    });

    test("carries fragments, pings and pongs", async () => {
      const client = await open();
      client.send("frag", { fin: false });
      client.send("men", { fin: false });
      client.send("ted", { fin: true });
      const [data] = (await once(client, "message")) as [RawData];
      expect(data.toString()).toBe("fragmented");
      client.ping("beat");
      const [pong] = (await once(client, "pong")) as [Buffer];
      expect(pong.toString()).toBe("beat");
      client.terminate();
    });

    test("carries a close code and its reason both ways", async () => {
      const client = await open();
      const seen = once(server, "seen-close");
      client.close(4321, "bye");
      expect(await once(client, "close")).toEqual([4321, Buffer.from("bye")]);
      expect(await seen).toEqual([4321, "bye"]);
    });

    test("carries a thousand messages in order", async () => {
      const client = await open();
      const received: string[] = [];
      const all = Promise.withResolvers<void>();
      client.on("message", (data) => {
        if (received.push(data.toString()) === 1000) all.resolve();
      });
      for (let index = 0; index < 1000; index++) client.send(`${index}`);
      await all.promise;
      expect(received).toEqual(Array.from({ length: 1000 }, (_, index) => `${index}`));
      client.terminate();
    });
  });
}
