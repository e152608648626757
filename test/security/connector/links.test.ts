import { describe, expect, test } from "vitest";
import { refuse } from "../../../shared/refusal/refusal.ts";
import { LINK, TOKEN } from "../../support/relay/destinations.ts";
import { GET, OK, RelayStage } from "../../support/relay/relay-stage.ts";

const stage = RelayStage.set();
const ON_LINK = { link: LINK, publicHost: `${TOKEN}.preview.example.com` };

describe("2.5 A link does not leak", () => {
  test.for([
    "strict-origin-when-cross-origin",
    "no-referrer-when-downgrade",
    "unsafe-url",
    "origin",
    "",
    "no-referrer, strict-origin-when-cross-origin",
    "same-origin\r\nReferrer-Policy: unsafe-url",
    "future-policy",
  ])("by an app's weaker Referrer-Policy (%j)", async (policy) => {
    const { guest, visit } = await stage.start({ destination: ON_LINK });
    const visitor = visit();
    visitor.send(GET);
    (await guest.nextRequest()).respond(OK.replace("\r\n", `\r\nReferrer-Policy: ${policy}\r\n`));
    expect((await visitor.readResponse()).fields.get("referrer-policy")).toBe("same-origin");
  });

  test.for(["text/html", "*/*"])(
    "its sandbox's other ports, where its own is closed (%s)",
    async (accept) => {
      const upstream = { dial: async () => refuse("port_closed", { openPorts: [5173] }) };
      const request = `GET / HTTP/1.1\r\nHost: a\r\nAccept: ${accept}\r\n\r\n`;
      const onLink = await stage.start({ destination: ON_LINK, upstream });
      const holder = onLink.visit();
      holder.send(request);
      const shown = await holder.readResponse();
      expect(shown.fields.get("preview-error")).toBe("port_closed");
      expect(shown.body).not.toContain("5173");
      expect(shown.body).not.toContain("open_ports");

      const onPublic = await stage.start({ upstream });
      const visitor = onPublic.visit();
      visitor.send(request);
      expect((await visitor.readResponse()).body).toContain("5173");
    },
  );
});
