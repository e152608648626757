import { describe, expect, test } from "vitest";
import { Deployment, fetchEdge, problemOf } from "./deployment.ts";

const EMBED = ["https://app.example.org", "https://b.example:8443"];

async function embedSeen(url: string): Promise<unknown> {
  const response = await fetchEdge(url);
  expect(response.status).toBe(200);
  return ((await response.json()) as { embed?: unknown }).embed;
}

describe("a link that may be embedded", () => {
  test("has a pass that names the origins, and so has no other URL of the sandbox", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const minted = await deployment.mintLink(id, { port: 3000, embed: EMBED });
    expect(minted).toMatchObject({ embed: EMBED });
    expect(await embedSeen(minted.url)).toEqual(EMBED);
    const plain = await deployment.mintLink(id, { port: 3000 });
    expect(plain).not.toHaveProperty("embed");
    expect(await embedSeen(plain.url)).toBeUndefined();
    const limited = await deployment.mintLink(id, { port: 3000, paths: ["/a"] });
    expect(await embedSeen(`${limited.url}/a`)).toBeUndefined();
    expect(await embedSeen(`https://3000-${id}.example.com/`)).toBeUndefined();
  });

  test("can be limited to paths, too", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const { url } = await deployment.mintLink(id, { port: 3000, embed: EMBED, paths: ["/docs"] });
    expect(await embedSeen(`${url}/docs`)).toEqual(EMBED);
    expect(await problemOf(await fetchEdge(`${url}/x`))).toMatchObject({ code: "path_not_allowed" });
  });

  test("can be revoked, and leaves others as they are", async () => {
    const deployment = await Deployment.create({ per_second: 100, burst: 100 });
    const { id } = await deployment.attachSandbox();
    const revoked = await deployment.mintLink(id, { port: 3000, embed: EMBED });
    const kept = await deployment.mintLink(id, { port: 3000, embed: EMBED.slice(1) });
    const call = await deployment.call("DELETE", `sandboxes/${id}/preview-tokens/${revoked.token}`);
    expect(call.status).toBe(204);
    expect(await problemOf(await fetchEdge(revoked.url))).toMatchObject({ code: "link_revoked" });
    expect(await embedSeen(kept.url)).toEqual(EMBED.slice(1));
  });
});
