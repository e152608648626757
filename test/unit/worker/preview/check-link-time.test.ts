import { describe, expect, test } from "vitest";
import { isRefusal } from "../../../../shared/refusal/refusal.ts";
import { checkLinkTime } from "../../../../worker/preview/check-link-time.ts";

const NOW_S = 1_800_000_000;
const DAY_S = 24 * 3600;

describe("checkLinkTime()", () => {
  test.each([
    ["a link that ends in a week", NOW_S + 7 * DAY_S, undefined],
    ["one of an edge whose clock is a minute ahead", NOW_S + 7 * DAY_S + 60, undefined],
    ["one that ends later than any", NOW_S + 7 * DAY_S + 61, "link_invalid"],
    ["one that has just expired, whose MAC still decides", NOW_S - 1, undefined],
    ["one that expired a day ago", NOW_S - DAY_S, undefined],
    ["one that expired longer ago", NOW_S - DAY_S - 1, "link_invalid"],
    ["the earliest of all", 0, "link_invalid"],
    ["the last of all", 0xffff_ffff, "link_invalid"],
  ])("decides about %s", (_case, expiresAtS, code) => {
    const refusal = checkLinkTime(expiresAtS * 1000, NOW_S * 1000);
    expect(isRefusal(refusal) ? refusal.code : undefined).toBe(code);
  });
});
