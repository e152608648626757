import { describe, expect, test } from "vitest";
import { Deployment, fetchEdge, problemOf } from "../../worker/deployment.ts";

describe("a path-limited link", () => {
  test.each(["/docs/%ef%bc%8e%ef%bc%8e/x", "/docs/..%ef%bc%8fx", "/docs/%u002e%u002e/x"])(
    "does not open %s, which some servers read as a way out",
    async (path) => {
      const deployment = await Deployment.create();
      const { id } = await deployment.attachSandbox();
      const { url } = await deployment.mintLink(id, { port: 80, paths: ["/docs"] });
      expect((await fetchEdge(`${url}/docs/x`)).status).toBe(200);
      expect(await problemOf(await fetchEdge(url + path))).toMatchObject({ code: "path_not_allowed" });
      expect(deployment.host.requests).toHaveLength(1);
    },
  );

  test("cannot be minted for such a path", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const body = { port: 80, paths: ["/docs/%ef%bc%8e%ef%bc%8e"] };
    expect((await deployment.call("POST", `sandboxes/${id}/preview-token`, body)).status).toBe(400);
  });
});
