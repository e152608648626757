import { describe, expect, test } from "vitest";
import {
  mayHaveZoneCookie,
  withoutZoneCookies,
} from "../../../../../connector/relay/policy/without-zone-cookies.ts";

describe("withoutZoneCookies()", () => {
  test.for([
    ["a=b; c=d", "a=b; c=d"],
    ["CF_Authorization=x", undefined],
    ["a=b; CF_Authorization=x; c=d", "a=b; c=d"],
    ["CF_Authorization=x; a=b", "a=b"],
    ["a=b; cf_clearance=x", "a=b"],
    ["__cf_bm=1; __cfruid=2; _cfuvid=3; cf_chl_rc_i=4; __cflb=5; a=b;c=d", "a=b;c=d"],
    ["a=b, CF_Authorization=x; c=d", "a=b; c=d"],
    ["a=b, c", "a=b, c"],
    ["CF_AuthorizationX=1; my_CF_Authorization=2", "CF_AuthorizationX=1; my_CF_Authorization=2"],
    ["a=CF_Authorization=x", "a=CF_Authorization=x"],
    ["CF_Authorization", undefined],
  ] as const)("makes %j into %j", ([cookies, expected]) => {
    expect(withoutZoneCookies(cookies)).toBe(expected);
    if (expected !== cookies) expect(mayHaveZoneCookie(cookies)).toBe(true);
  });
});
