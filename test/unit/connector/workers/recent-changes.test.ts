import { describe, expect, test } from "vitest";
import { RecentChangeLog } from "../../../../connector/workers/recent-changes.ts";
import { PASS_MAX_ACCEPTANCE_MS } from "../../../../shared/protocol/pass.ts";

const revocation = { sandboxId: "a", links: ["x"] };

describe("RecentChangeLog", () => {
  test("forgets what no accepted pass can be older than", () => {
    const log = new RecentChangeLog();
    log.addRevocation(revocation, 1_000);
    expect(log.list(1_000 + PASS_MAX_ACCEPTANCE_MS).revocations).toEqual([{ revocation, atMs: 1_000 }]);
    expect(log.list(1_001 + PASS_MAX_ACCEPTANCE_MS).revocations).toEqual([]);
  });

  test("merges what another process remembers, in order, and says what was new", () => {
    const log = new RecentChangeLog();
    log.addRevocation(revocation, 2_000);
    const earlier = { revocation: { sandboxId: "a", links: [], all: true }, atMs: 1_000 };
    const recent = { revocations: [earlier, { revocation, atMs: 2_000 }], accessChanges: [] };
    expect(log.merge(recent, 2_000)).toEqual({ revocations: [earlier], accessChanges: [] });
    expect(log.merge(recent, 2_000)).toEqual({ revocations: [], accessChanges: [] });
    expect(log.list(2_000).revocations.map(({ atMs }) => atMs)).toEqual([1_000, 2_000]);
  });
});
