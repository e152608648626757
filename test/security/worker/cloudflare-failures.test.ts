import { afterEach, describe, expect, test, vi } from "vitest";
import { APP_HEADER } from "../../../shared/protocol/headers.ts";
import { Deployment, fetchEdge } from "../../worker/deployment.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("4.5 A response of 520 to 530", () => {
  test.each([
    ["Cloudflare's, with its name", { server: "cloudflare" }, 502, "host_unreachable"],
    ["Cloudflare's, without its name", {}, 502, "host_unreachable"],
    ["an app's own, by the connector's mark", { server: "cloudflare", [APP_HEADER]: "1" }, 523, null],
  ])("is taken for what it is: %s", async (_, headers, seen, code) => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    vi.spyOn(deployment.host, "respond").mockImplementation(
      async () => new Response("error code: 523", { status: 523, headers }),
    );
    const response = await fetchEdge(`https://3000-${id}.example.com/`);
    expect([response.status, response.headers.get("preview-error")]).toEqual([seen, code]);
  });
});
