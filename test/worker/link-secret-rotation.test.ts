import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { UnverifiedLink } from "../../shared/link/link-token.ts";
import { isRefusal } from "../../shared/refusal/refusal.ts";
import { credentialsFor } from "../../worker/credentials.ts";
import type { Environment } from "../../worker/environment.ts";
import type { Owner } from "../../worker/objects/messages.ts";
import { SandboxLinks } from "../../worker/objects/sandbox-links.ts";
import { FIRST_KEYS } from "../../worker/objects/signing-keys.ts";
import { LinkCache } from "../../worker/preview/link-cache.ts";
import { environment, freshIsolate } from "./deployment.ts";

const NOW_MS = 1_800_000_000_000;
const OWNER: Owner = { workspace: "ws", org: "org", keys: FIRST_KEYS };
const OLD = "b2xkLW9sZC1vbGQtb2xkLW9sZC1vbGQtb2xkLW9sZC0";
const NEW = "bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3LW5ldy0";

const before = freshIsolate({ LINK_SECRET: OLD });
const during = freshIsolate({ LINK_SECRET: `1:${NEW}`, LINK_SECRET_PREVIOUS: OLD });
const after = freshIsolate({ LINK_SECRET: `1:${NEW}` });

/** Makes a link under one environment and decides about it under another, edge and object alike. */
async function decide(minting: Environment, serving: Environment): Promise<string> {
  const sandboxId = crypto.randomUUID();
  const stub = environment.SANDBOX.getByName(sandboxId);
  return runInDurableObject(stub, async (_object, { storage }) => {
    const minter = new SandboxLinks(storage, minting);
    const { token } = await minter.mint({ sandboxId, port: 80, ttlS: 60 }, OWNER, NOW_MS);
    const { linkMasks } = await credentialsFor(serving);
    const decoded = await new LinkCache(linkMasks).decode(token);
    if (isRefusal(decoded)) return `edge: ${decoded.code}`;
    return verify(new SandboxLinks(storage, serving), decoded);
  });
}

async function verify(links: SandboxLinks, link: UnverifiedLink): Promise<string> {
  const verified = await links.verify(link, OWNER, NOW_MS);
  return isRefusal(verified) ? `object: ${verified.code}` : "open";
}

describe("LINK_SECRET", () => {
  test.each([
    ["before a rotation opens its links", before, before, "open"],
    ["that is being replaced opens its links still", before, during, "open"],
    ["that replaces another one makes the new links", during, during, "open"],
    ["that was replaced opens nothing", before, after, "edge: link_invalid"],
    ["makes links that last beyond the rotation", during, after, "open"],
  ])("%s", async (_case, minting, serving, expected) => {
    expect(await decide(minting, serving)).toBe(expected);
  });
});
