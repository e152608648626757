import { describe, expect, test } from "vitest";
import type { Stage } from "./stage.ts";
import { responseOf } from "./stage.ts";

/** The request of the page that waits for a port is answered by the relay, and by nobody else. */
export function waiting(stage: Stage): void {
  describe("a request that asks to wait", () => {
    test("gets a stream that begins at once and says that the port is open; the guest does not see it", async () => {
      const before = stage.guest.received;
      const visitor = stage.visit();
      visitor.send(stage.head("GET /app", "preview-wait: 1\r\n"));
      const { status, fields, body, complete } = await visitor.readResponse();
      expect([status, fields.get("content-type"), complete]).toEqual([200, "text/event-stream", true]);
      expect(fields.get("preview-wait")).toBe("1");
      expect(body).toBe(": waiting\n\nevent: open\ndata: \n\n");
      await stage.canary();
      expect(stage.guest.received - before).toBe(1);
    });

    test.for(["HEAD", "POST", "OPTIONS"])(
      "is refused as %s, and does not reach the guest",
      async (method) => {
        const before = stage.guest.received;
        const visitor = stage.visit();
        visitor.send(stage.head(`${method} /`, "preview-wait: 1\r\n"));
        const { status, fields } = await visitor.readResponse(method);
        expect([status, fields.get("preview-error")]).toEqual([400, "request_malformed"]);
        await stage.canary();
        expect(stage.guest.received - before).toBe(1);
      },
    );

    test("is one only by the value 1; the field reaches neither side", async () => {
      const request = stage.head("GET /", "preview-wait: yes\r\n");
      const { seen, response } = await stage.exchange(request, responseOf("ok", "preview-wait: 1\r\n"));
      expect(seen.fields.has("preview-wait")).toBe(false);
      expect(response.fields.has("preview-wait")).toBe(false);
      expect(response.body).toBe("ok");
    });
  });
}
