import { describe, expect, test } from "vitest";
import type { HostSnapshot } from "../../../../connector/metrics/host-snapshot.ts";
import { renderMetrics } from "../../../../connector/metrics/render-metrics.ts";
import { DialTimes } from "../../../../connector/relay/dial-times.ts";
import { EndedRelays } from "../../../../connector/workers/ended-relays.ts";
import { NO_STATS, sumStats } from "../../../../connector/workers/sum-stats.ts";

const NOW_MS = 1_800_000_000_000;
const USE = {
  cpuSeconds: 2,
  residentBytes: 100,
  delayP50Seconds: 0,
  delayP99Seconds: 0.2,
  delayMaxSeconds: 0.5,
};
const USE_2 = { ...USE, delayP99Seconds: 0.1, delayMaxSeconds: 0.7 };

function snapshot(more: Partial<HostSnapshot> = {}): HostSnapshot {
  return {
    nowMs: NOW_MS,
    status: {
      hostId: "host-1",
      instance: "i",
      version: "1.2.3",
      edge: { heardAtMs: NOW_MS - 5_000 },
      keys: { fetchedAtMs: NOW_MS - 60_000, usableUntilMs: NOW_MS + 86_340_000 },
    },
    relays: NO_STATS,
    processes: { 1: USE, 2: USE_2 },
    guests: { known: 3, pending: 1, refused: 0 },
    agents: 2,
    certificateEndMs: NOW_MS + 36 * 3_600_000,
    ...more,
  };
}

/** The value of a sample, as the text has it. */
async function readValue(sample: string, more?: Partial<HostSnapshot>): Promise<string | undefined> {
  const lines = (await renderMetrics(snapshot(more))).split("\n");
  return lines
    .find((line) => line.startsWith(`preview_connector_${sample} `))
    ?.split(" ")
    .at(-1);
}

describe("renderMetrics()", () => {
  test.each([
    ['guests{edge="known"}', "3"],
    ["agents", "2"],
    ["edge_reachable", "1"],
    ["edge_heartbeat_age_seconds", "5"],
    ["edge_keys_age_seconds", "60"],
    ["edge_keys_usable_seconds", "86340"],
    ["certificate_left_seconds", "129600"],
    ['info{version="1.2.3",host="host-1"}', "1"],
    ["cpu_seconds_total", "4"],
    ["resident_memory_bytes", "200"],
    ['event_loop_delay_seconds{percentile="99"}', "0.2"],
    ['event_loop_delay_seconds{percentile="100"}', "0.7"],
    ['requests_total{code="2xx"}', "0"],
  ])("shows %s as %s: sums over the processes, and the worst delay of them", async (sample, value) => {
    expect(await readValue(sample)).toBe(value);
  });

  test("shows an edge that was not heard for a minute, and no certificate where there is none", async () => {
    const { status } = snapshot();
    const silent = { status: { ...status, edge: { heardAtMs: NOW_MS - 60_000, failure: "ECONNREFUSED" } } };
    expect(await readValue("edge_reachable", silent)).toBe("0");
    const { certificateEndMs: _, ...without } = snapshot();
    expect(await renderMetrics(without)).not.toMatch(/^preview_connector_certificate_left_seconds/m);
  });

  test("sums the relays of several processes, also of those that have ended", async () => {
    const dials = new DialTimes();
    for (const ms of [0.5, 3, 3, 60_000]) dials.add(ms);
    dials.addFailure();
    const stats = {
      ...NO_STATS,
      requests: 5,
      responses: { ...NO_STATS.responses, "5xx": 2 },
      counts: { ...NO_STATS.counts, refused: { port_closed: 4 }, guestAborted: 1 },
      dials: dials.counts(),
    };
    const ended = new EndedRelays();
    ended.note(7, stats);
    ended.end(7);
    const relays = sumStats([ended.sum, stats, stats]);
    expect(await readValue('requests_total{code="5xx"}', { relays })).toBe("6");
    expect(await readValue('refusals_total{code="port_closed"}', { relays })).toBe("12");
    expect(await readValue('events_total{event="guest_aborted"}', { relays })).toBe("3");
    expect(await readValue("open_requests", { relays })).toBe("10");
    expect(await readValue('dial_seconds_bucket{le="0.001"}', { relays })).toBe("3");
    expect(await readValue('dial_seconds_bucket{le="0.005"}', { relays })).toBe("9");
    expect(await readValue('dial_seconds_bucket{le="+Inf"}', { relays })).toBe("12");
    expect(await readValue("dial_seconds_count", { relays })).toBe("12");
    expect(await readValue("dial_failures_total", { relays })).toBe("3");
  });
});

describe("EndedRelays", () => {
  test("keeps no counters of a process that joins again, and those of any number that do not", () => {
    const one = { ...NO_STATS, counts: { ...NO_STATS.counts, requests: 1 }, requests: 1 };
    const ended = new EndedRelays();
    for (let pid = 1; pid <= 200; pid++) {
      ended.note(pid, one);
      ended.end(pid);
    }
    expect(ended.sum).toMatchObject({ requests: 0, counts: { requests: 200 } });
    ended.join(200);
    expect(ended.sum.counts.requests).toBe(199);
  });
});
