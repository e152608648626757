import { describe, expect, test } from "vitest";
import { RecentChangeLog } from "../../../../connector/workers/recent-changes.ts";
import type { Revocation } from "../../../../shared/protocol/host-calls.ts";
import { PASS_MAX_ACCEPTANCE_MS } from "../../../../shared/protocol/pass.ts";

const revocation = { sandboxId: "a", links: ["x"] };
const suspended: Revocation = { sandboxId: "a", links: ["y"], keyVersions: [1], all: true };

describe("RecentChangeLog", () => {
  test("forgets what no accepted pass can be older than", () => {
    const log = new RecentChangeLog();
    log.addRevocation({ revocation, atMs: 1_000 }, 1_000);
    expect(log.list(1_000 + PASS_MAX_ACCEPTANCE_MS).revocations).toEqual([{ revocation, atMs: 1_000 }]);
    expect(log.list(1_001 + PASS_MAX_ACCEPTANCE_MS).revocations).toEqual([]);
    expect(log.addRevocation({ revocation, atMs: 1_000 }, 1_000), "forgotten with its key").toEqual(
      revocation,
    );
  });

  test("forgets where entries are added, too, and what a clock that was set back leaves in the future", () => {
    const log = new RecentChangeLog();
    const count = 2 * PASS_MAX_ACCEPTANCE_MS;
    for (let atMs = 0; atMs < count; atMs += 1_000) log.addRevocation({ revocation, atMs }, atMs);
    expect(log.list(count - 1_000).revocations).toHaveLength(PASS_MAX_ACCEPTANCE_MS / 1_000 + 1);
    expect(log.stamp(-PASS_MAX_ACCEPTANCE_MS)).toBe(-PASS_MAX_ACCEPTANCE_MS);
    expect(log.list(-PASS_MAX_ACCEPTANCE_MS).revocations).toEqual([]);
  });

  test("gives no change an earlier time than the one before", () => {
    const log = new RecentChangeLog();
    log.addRevocation({ revocation, atMs: 2_000 }, 2_000);
    expect([log.stamp(1_500), log.stamp(2_500)]).toEqual([2_000, 2_500]);
  });

  test("merges what another process remembers, in order, and says what was new", () => {
    const log = new RecentChangeLog();
    log.addRevocation({ revocation, atMs: 2_000 }, 2_000);
    const earlier = { revocation: suspended, atMs: 1_000 };
    const recent = { revocations: [earlier, { revocation, atMs: 2_000 }], accessChanges: [] };
    expect(log.merge(recent, 2_000)).toEqual({ revocations: [earlier], accessChanges: [] });
    expect(log.merge(recent, 2_000)).toEqual({ revocations: [], accessChanges: [] });
    expect(log.list(2_000).revocations.map(({ atMs }) => atMs)).toEqual([1_000, 2_000]);
  });

  test("leaves of one that comes late what no later one of its sandbox has replaced", () => {
    const log = new RecentChangeLog();
    log.addRevocation({ revocation: { sandboxId: "a", links: [], all: false }, atMs: 2_000 }, 2_000);
    log.addRevocation({ revocation: { sandboxId: "b", links: [], keyVersions: [2] }, atMs: 2_000 }, 2_000);
    expect(log.addRevocation({ revocation: suspended, atMs: 1_000 }, 2_000)).toEqual({
      sandboxId: "a",
      links: ["y"],
      keyVersions: [1],
    });
    const later = { sandboxId: "b", links: [], keyVersions: [3], all: true };
    expect(log.addRevocation({ revocation: later, atMs: 3_000 }, 3_000)).toEqual(later);
  });
});
