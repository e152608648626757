import { describe, expect, test } from "vitest";
import type { Revocation } from "../../../../shared/protocol/host-calls.ts";
import {
  decodeRevocation,
  encodeRevocation,
  launchedSandboxPath,
  launchSchema,
  MAX_LINKS_PER_REVOCATION,
  revocationSchema,
} from "../../../../shared/protocol/host-calls.ts";

const SANDBOX_ID = "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";
const LAUNCH = { sandbox_id: SANDBOX_ID, workspace: "acme", template: "vite" };
const KEY_VERSIONS = Array.from({ length: 32 }, (_, version) => version);

describe("launchSchema", () => {
  test("accepts a sandbox, its workspace and its template", () => {
    expect(launchSchema.parse(LAUNCH)).toEqual(LAUNCH);
  });

  test.each<[string, object]>([
    ["a malformed sandbox id", { sandbox_id: "x" }],
    ["no workspace", { workspace: undefined }],
    ["an empty workspace", { workspace: "" }],
    ["an empty template", { template: "" }],
    ["a template of 64 characters", { template: "a".repeat(64) }],
    ["an unknown member", { address: "10.0.0.1" }],
  ])("refuses %s", (_case, change) => {
    expect(launchSchema.safeParse({ ...LAUNCH, ...change }).success).toBe(false);
  });
});

describe("encodeRevocation()", () => {
  test.each<[string, Revocation]>([
    ["links", { sandboxId: SANDBOX_ID, links: ["a", "b"] }],
    ["key versions", { sandboxId: SANDBOX_ID, links: [], keyVersions: KEY_VERSIONS }],
    ["no key version at all", { sandboxId: SANDBOX_ID, links: [], keyVersions: [] }],
    ["every access", { sandboxId: SANDBOX_ID, links: [], all: true }],
    ["the end of a suspension", { sandboxId: SANDBOX_ID, links: [], all: false }],
  ])("is undone by revocationSchema and decodeRevocation(), for %s", (_case, revocation) => {
    expect(decodeRevocation(revocationSchema.parse(encodeRevocation(revocation)))).toEqual(revocation);
  });
});

describe("revocationSchema", () => {
  test("reads a body without links as one that revokes none", () => {
    expect(revocationSchema.parse({ sandbox_id: SANDBOX_ID }).links).toEqual([]);
  });

  test("accepts as many links as one call may revoke, and not one more", () => {
    const links = Array.from({ length: MAX_LINKS_PER_REVOCATION }, (_, index) => String(index));
    expect(revocationSchema.safeParse({ sandbox_id: SANDBOX_ID, links }).success).toBe(true);
    expect(revocationSchema.safeParse({ sandbox_id: SANDBOX_ID, links: [...links, "x"] }).success).toBe(
      false,
    );
  });

  test.each<[string, object]>([
    ["an empty link id", { links: [""] }],
    ["a link id of 65 characters", { links: ["a".repeat(65)] }],
    ["key version 32", { key_versions: [32] }],
    ["a negative key version", { key_versions: [-1] }],
    ["a fractional key version", { key_versions: [1.5] }],
    ["NaN as key version", { key_versions: [Number.NaN] }],
    ["an unknown member", { keyVersions: [0] }],
    ["a text as all", { all: "true" }],
  ])("refuses %s", (_case, change) => {
    expect(revocationSchema.safeParse({ sandbox_id: SANDBOX_ID, ...change }).success).toBe(false);
  });
});

describe("launchedSandboxPath()", () => {
  test("names the sandbox", () => {
    expect(launchedSandboxPath(SANDBOX_ID)).toBe(`/sandboxes/${SANDBOX_ID}`);
  });
});
