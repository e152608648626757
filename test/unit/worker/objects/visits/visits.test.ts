import { describe, expect, test } from "vitest";
import type { PageAsk } from "../../../../../worker/objects/visits/page-ask.ts";
import {
  HOSTNAME_PAGES,
  MAX_VISITS,
  SANDBOX_PAGES,
  SHARE_SIZE,
  VISIT_IDLE_MS,
  Visits,
} from "../../../../../worker/objects/visits/visits.ts";

const NOW_MS = 1_800_000_000_000;
const PAGES = 300;
const navigation: PageAsk = { kind: "navigation", client: "a", wanted: SHARE_SIZE };
const own: PageAsk = { kind: "own", client: "a", wanted: SHARE_SIZE };

/** Permits that a client gets in one instant. */
function drain(visits: Visits, bucket: string, client: string, nowMs: number, pageRequests = PAGES): number {
  let permits = 0;
  for (;;) {
    const share = visits.draw(bucket, { ...own, client }, pageRequests, nowMs);
    if (share.permits === 0) return permits;
    permits += share.permits;
  }
}

describe("Visits", () => {
  test("have no share for a client whose visit was not opened", () => {
    expect(new Visits().draw("80", own, PAGES, NOW_MS)).toEqual({ permits: 0, pauseMs: 250 });
  });

  test("have 300 requests in shares of 50, and then five a second", () => {
    const visits = new Visits();
    expect(visits.open("80", navigation, PAGES, NOW_MS)).toEqual({ permits: 50, pauseMs: 0 });
    expect(drain(visits, "80", "a", NOW_MS)).toBe(250);
    expect(visits.draw("80", own, PAGES, NOW_MS)).toEqual({
      permits: 0,
      pauseMs: 1_000,
      spent: { budget: "page", limit: { perSecond: 5, burst: 300 } },
    });
    expect(visits.draw("80", own, PAGES, NOW_MS + 1_000).permits).toBe(5);
  });

  test("grant no more than is wanted, nor a share of more than 50", () => {
    const visits = new Visits();
    expect(visits.open("80", { ...navigation, wanted: 3 }, PAGES, NOW_MS).permits).toBe(3);
    expect(visits.draw("80", { ...own, wanted: 1_000 }, PAGES, NOW_MS).permits).toBe(50);
  });

  test("are refilled by a navigation, also by one that a lease admitted, and not by a page's own request", () => {
    const visits = new Visits();
    visits.open("80", navigation, PAGES, NOW_MS);
    drain(visits, "80", "a", NOW_MS);
    expect(visits.open("80", own, PAGES, NOW_MS).permits).toBe(0);
    expect(visits.open("80", navigation, PAGES, NOW_MS).permits).toBe(50);
    // Below the hostname's budget.
    const later = NOW_MS + 10_000;
    drain(visits, "80", "a", later);
    expect(visits.draw("80", { ...own, refills: true }, PAGES, later + 5_000).permits).toBe(50);
  });

  test("end 30 minutes after their last request", () => {
    const visits = new Visits();
    visits.open("80", navigation, PAGES, NOW_MS);
    expect(visits.draw("80", own, PAGES, NOW_MS + VISIT_IDLE_MS - 1).permits).toBe(50);
    expect(visits.draw("80", own, PAGES, NOW_MS + 2 * VISIT_IDLE_MS - 1).permits).toBe(0);
  });

  test("of one hostname together get 400 requests, whatever their clients, and 100 a second", () => {
    const visits = new Visits();
    let permits = 0;
    for (let client = 0; client < 20; client++) {
      permits += visits.open("80", { ...navigation, client: String(client) }, PAGES, NOW_MS).permits;
      permits += drain(visits, "80", String(client), NOW_MS);
    }
    expect(permits).toBe(HOSTNAME_PAGES.burst);
    expect(visits.draw("80", own, PAGES, NOW_MS)).toEqual({ permits: 0, pauseMs: 250 });
    const last = { ...own, client: "19" };
    expect(visits.draw("80", last, PAGES, NOW_MS).spent).toEqual({
      budget: "hostname_pages",
      limit: { perSecond: 100, burst: 400 },
    });
    expect(visits.draw("80", last, PAGES, NOW_MS + 100).permits).toBe(10);
  });

  test("of one sandbox together get 800 requests, and 200 a second", () => {
    const visits = new Visits();
    let permits = 0;
    for (let port = 1; port <= 20; port++) {
      permits += visits.open(String(port), navigation, PAGES, NOW_MS).permits;
      permits += drain(visits, String(port), "a", NOW_MS);
    }
    expect(permits).toBe(SANDBOX_PAGES.burst);
    expect(visits.draw("20", own, PAGES, NOW_MS).spent?.budget).toBe("sandbox_pages");
    expect(visits.draw("20", own, PAGES, NOW_MS + 100).permits).toBe(20);
  });

  test(`remember ${MAX_VISITS}, and forget the one that was used longest ago`, () => {
    const visits = new Visits();
    for (let client = 0; client < MAX_VISITS; client++)
      visits.open(
        "80",
        { kind: "navigation", client: String(client), wanted: 1 },
        PAGES,
        NOW_MS + client * 100,
      );
    const nowMs = NOW_MS + MAX_VISITS * 100;
    expect(visits.draw("80", { ...own, client: "0" }, PAGES, nowMs).permits).toBe(50);
    visits.open("80", { ...navigation, client: "new" }, PAGES, nowMs);
    expect(visits.draw("80", { ...own, client: "0" }, PAGES, nowMs).permits).toBe(50);
    expect(visits.draw("80", { ...own, client: "1" }, PAGES, nowMs).permits).toBe(0);
  });

  test("keep what is missing where their size changes", () => {
    const visits = new Visits();
    visits.open("80", navigation, PAGES, NOW_MS);
    expect(drain(visits, "80", "a", NOW_MS, 60)).toBe(10);
    expect(drain(visits, "80", "a", NOW_MS, 50)).toBe(0);
  });
});
