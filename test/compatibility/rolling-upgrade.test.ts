import { createHash, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createPassKey } from "../../dev/create-pass-key.ts";
import { exerciseEdge } from "./exercise-edge.ts";
import type { Release } from "./mixed-edge.ts";
import { startMixedEdge } from "./mixed-edge.ts";

/** Each step of the exercise, in order. */
const EXPECTED = [
  "put an org: 200",
  "put a workspace: 200",
  "create an API token: 201",
  "create an org token: 201",
  "enrol a host: 200",
  "host: attach: 200",
  "host: ports: 200",
  "host: heartbeat: 200",
  "visit a public preview: 200",
  "list sandboxes: 200",
  "show a sandbox: 200",
  "mint a link: 200",
  "mint a path-limited link: 200",
  "visit a link: 200",
  "visit a path-limited link: 200",
  "revoke a link: 204",
  "visit a revoked link: 403",
  "change the limit: 200",
  "rotate the keys: 200",
  "read the audit trail: 200",
  "suspend the sandbox: 200",
  "visit a suspended preview: 403",
  "end the suspension: 204",
  "visit it again: 200",
  "host: detach: 200",
  "visit an ended preview: 404",
  "remove the host: 204",
];

async function exercise(worker: Release, objects: Release): Promise<string[]> {
  const adminToken = randomBytes(32).toString("base64url");
  const edge = await startMixedEdge(worker, objects, {
    PREVIEW_DOMAIN: "preview.test",
    ALLOW_HTTP: "true",
    LINK_SECRET: randomBytes(32).toString("base64url"),
    PASS_SIGNING_KEY: await createPassKey(),
    ADMIN_TOKEN_SHA256: createHash("sha256").update(adminToken).digest("hex"),
  });
  try {
    return await exerciseEdge(edge.port, adminToken);
  } finally {
    await edge.stop();
  }
}

/** While a release is deployed, Worker and objects may be of different releases for minutes. */
describe("a deploy under way", () => {
  test.each<[Release, Release]>([
    ["today", "former"],
    ["former", "today"],
    ["today", "today"],
  ])("serves everything with a Worker of %s and objects of %s", async (worker, objects) => {
    expect(await exercise(worker, objects)).toEqual(EXPECTED);
  });
});
