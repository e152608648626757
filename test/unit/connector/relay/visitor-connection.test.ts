import { describe, expect, test } from "vitest";
import { RelayStage } from "../../../support/relay/relay-stage.ts";

const stage = RelayStage.set();

describe("VisitorConnection", () => {
  test("refuses a request whose internal field comes twice", async () => {
    const { visit } = await stage.start();
    const visitor = visit();
    visitor.send("GET / HTTP/1.1\r\nHost: a\r\nPreview-Pass: a\r\nPreview-Pass: b\r\n\r\n");
    expect((await visitor.readResponse()).status).toBe(400);
  });
});
