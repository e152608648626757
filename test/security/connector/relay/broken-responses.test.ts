import { describe, expect, test } from "vitest";
import type { ExchangeReport } from "../../../../connector/relay/relay.ts";
import { refuse } from "../../../../shared/refusal/refusal.ts";
import { LINK } from "../../../support/relay/destinations.ts";
import { GET, OK, RelayStage } from "../../../support/relay/relay-stage.ts";

const stage = RelayStage.set();

const CHUNKED = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

describe("1.4 A response that breaks before its head has left the relay", () => {
  test.for([
    ["a chunk size that is no number", `${CHUNKED}x\r\n`],
    ["an error behind a whole chunk", `${CHUNKED}5\r\nhello\r\nx\r\n`],
    ["an error behind a part of a chunk", `${CHUNKED}5\r\nhellO!`],
    ["an error in a trailer", `${CHUNKED}0\r\nbad trailer\r\n\r\n`],
    ["too long an extension", `${CHUNKED}5;a=${"b".repeat(17 * 1024)}\r\n`],
    ["an error behind early hints", `HTTP/1.1 103 Early Hints\r\n\r\n${CHUNKED}x\r\n`],
  ] as const)("is 502 guest_protocol, not a reset: %s", async ([, bytes]) => {
    const reports: ExchangeReport[] = [];
    const { guest, visit, running } = await stage.start({ onExchange: (report) => reports.push(report) });
    const visitor = visit();
    visitor.send(GET);
    (await guest.nextRequest()).peer.send(bytes);
    let response = await visitor.readResponse();
    if (response.status === 103) response = await visitor.readResponse();
    expect([response.status, response.fields.get("preview-error")]).toEqual([502, "guest_protocol"]);
    expect(response.complete).toBe(true);
    expect(reports.map(({ outcome, status }) => [outcome, status])).toEqual([["refused", 502]]);

    // The visitor's connection is in a known state.
    visitor.send(GET);
    (await guest.nextRequest()).respond(OK);
    expect((await visitor.readResponse()).body).toBe("ok");
    expect(running.relay.stats()).toMatchObject({ requests: 0 });
  });

  test("is a reset once a part of it has left, so that no client takes it for complete", async () => {
    const { guest, visit } = await stage.start();
    const visitor = visit();
    visitor.send(GET);
    const { peer } = await guest.nextRequest();
    peer.send(`${CHUNKED}5\r\nhello\r\n`);
    await visitor.readUntil("hello");
    peer.send("x\r\n");
    await visitor.readToEnd();
    expect(await visitor.isAborted()).toBe(true);
  });

  test("is a refusal where the request's grant ends, not a reset that the edge takes for a dead host", async () => {
    const { guest, visit, running } = await stage.start({ destination: { link: LINK } });
    const visitor = visit();
    visitor.send(GET);
    const { peer } = await guest.nextRequest();
    expect(running.relay.cut(({ link }) => (link?.id === LINK.id ? refuse("link_revoked") : undefined))).toBe(
      1,
    );
    const { status, fields } = await visitor.readResponse();
    expect([status, fields.get("preview-error")]).toEqual([403, "link_revoked"]);
    await peer.readToEnd();
  });
});
