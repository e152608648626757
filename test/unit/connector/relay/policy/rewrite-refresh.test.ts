import { describe, expect, test } from "vitest";
import { rewriteRefresh } from "../../../../../connector/relay/policy/rewrite-refresh.ts";

describe("rewriteRefresh()", () => {
  test.for([
    ["0;url=a", "0;url=[a]"],
    ["5; URL='a'", "5; URL='[a]'"],
    ['5, url = "a" b', '5, url = "[a]" b'],
    ["5;\turl\t=\ta", "5;\turl\t=\t[a]"],
    ["1.5 url=a", "1.5 url=[a]"],
    ["5;a", "5;[a]"],
    ["5;urla", "5;[urla]"],
    ["; url=a", "; url=[a]"],
    ["5;url='a", "5;url='[a]"],
    ["5;url=", "5;url=[]"],
    ["5", "5"],
    ["5;", "5;"],
    ["", ""],
    ["a", "a"],
    ["\xa0;url=a", "\xa0;url=a"],
  ] as const)("makes %j into %j", ([value, expected]) => {
    expect(rewriteRefresh(value, (url) => `[${url}]`)).toBe(expected);
  });
});
