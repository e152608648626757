import { describe, expect, test } from "vitest";
import { refuse } from "../../../../shared/refusal/refusal.ts";
import { GET, OK, RelayStage } from "../../../support/relay/relay-stage.ts";

const stage = RelayStage.set();

describe("4.1 The cache of the zone in front of a connector", () => {
  const name = "cloudflare-cdn-cache-control";

  test.for(["", "Cache-Control: public, max-age=60\r\nCloudflare-CDN-Cache-Control: max-age=60\r\n"])(
    "keeps no response of an app (%j)",
    async (lines) => {
      const { guest, visit } = await stage.start();
      const visitor = visit();
      visitor.send(GET);
      (await guest.nextRequest()).respond(OK.replace("\r\n", `\r\n${lines}`));
      expect((await visitor.readResponse()).fields.get(name)).toBe("no-store");
    },
  );

  test("keeps no refusal of the connector", async () => {
    const { visit } = await stage.start({ findDestination: () => refuse("guest_not_here") });
    const visitor = visit();
    visitor.send(GET);
    expect((await visitor.readResponse()).fields.get(name)).toBe("no-store");
    const malformed = visit();
    malformed.send("GET /\r\n\r\n");
    expect((await malformed.readResponse()).fields.get(name)).toBe("no-store");
  });
});

describe("4.5 An app's own 520 to 530", () => {
  test.for([520, 523, 530])(
    "is marked, so that the edge takes it for no failure of Cloudflare (%d)",
    async (status) => {
      const { guest, visit } = await stage.start();
      const visitor = visit();
      visitor.send(GET);
      (await guest.nextRequest()).respond(OK.replace("200", `${status}`));
      expect((await visitor.readResponse()).fields.get("preview-app")).toBe("1");
    },
  );

  test("is the only response with the mark", async () => {
    const { guest, visit } = await stage.start();
    const visitor = visit();
    visitor.send(GET);
    (await guest.nextRequest()).respond(OK.replace("\r\n", "\r\nPreview-App: 1\r\n"));
    expect((await visitor.readResponse()).fields.has("preview-app")).toBe(false);
  });
});
