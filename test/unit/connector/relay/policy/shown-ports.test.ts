import { describe, expect, test } from "vitest";
import { parseRequestHead } from "../../../../../connector/relay/http1/parse-request-head.ts";
import { shownPorts } from "../../../../../connector/relay/policy/shown-ports.ts";
import { writeRefusal } from "../../../../../connector/relay/policy/write-refusal.ts";
import type { RequestHead } from "../../../../../connector/relay/relay.ts";
import { DEFAULT_RELAY_LIMITS } from "../../../../../connector/relay/relay.ts";
import { refuse } from "../../../../../shared/refusal/refusal.ts";
import { onLink, onPublic } from "../../../../support/relay/destinations.ts";

const PARTLY = onPublic({ destination: { listedPorts: [4000, 6000] } });

describe("shownPorts()", () => {
  test("are all open ports, those of them that the pass lists, or none by a link", () => {
    expect(shownPorts([4000, 5000], onPublic())).toEqual([4000, 5000]);
    expect(shownPorts([4000, 5000], PARTLY)).toEqual([4000]);
    expect(shownPorts([4000, 5000], onLink())).toBeUndefined();
  });
});

describe("writeRefusal()", () => {
  test.each(["application/json", "text/html"])(
    "names no port that the pass does not list, as %s",
    (accept) => {
      const text = `GET / HTTP/1.1\r\nHost: a\r\nAccept: ${accept}\r\n\r\n`;
      const head = parseRequestHead(text, DEFAULT_RELAY_LIMITS) as RequestHead;
      const refusal = refuse("port_closed", { openPorts: [4000, 5173] });
      const request = { head, destination: PARTLY, requestId: "r", keepAlive: true };
      const response = writeRefusal(refusal, request);
      expect(response).toMatch(/\b4000\b/);
      expect(response).not.toMatch(/\b5173\b/);
    },
  );
});
