import { describe, expect, test } from "vitest";
import { MAX_PORTS_PER_SANDBOX } from "../../../../../shared/port.ts";
import { USAGE_STEP_S, USAGE_STEPS } from "../../../../../shared/protocol/request-log.ts";
import { RefusedRequests } from "../../../../../worker/objects/usage/refused-requests.ts";

const STEP_MS = USAGE_STEP_S * 1000;
const NOW_MS = 1_800_000_000_000;

describe("RefusedRequests", () => {
  test("counts by port and step, for an hour", () => {
    const refused = new RefusedRequests();
    refused.add(3000, 2, NOW_MS);
    refused.add(3000, 3, NOW_MS + STEP_MS - 1);
    refused.add(3000, 1, NOW_MS + STEP_MS);
    const bucket = NOW_MS / STEP_MS;
    expect(refused.list(NOW_MS + STEP_MS)).toEqual([
      {
        port: 3000,
        counts: [
          { bucket, count: 5 },
          { bucket: bucket + 1, count: 1 },
        ],
      },
    ]);
    expect(refused.list(NOW_MS + USAGE_STEPS * STEP_MS)).toEqual([
      { port: 3000, counts: [{ bucket: bucket + 1, count: 1 }] },
    ]);
    expect(refused.list(NOW_MS + 2 * USAGE_STEPS * STEP_MS)).toEqual([]);
  });

  test("has no more ports than may be open, and one that is tried takes no place of a busy one", () => {
    const refused = new RefusedRequests();
    for (let port = 1; port <= 10_000; port++) {
      refused.add(port, 1, NOW_MS);
      if (port % 100 === 0) refused.add(3000, 2, NOW_MS);
    }
    const listed = refused.list(NOW_MS);
    expect(listed).toHaveLength(MAX_PORTS_PER_SANDBOX);
    expect(listed.find(({ port }) => port === 3000)?.counts[0]?.count).toBeGreaterThanOrEqual(200);
  });
});
