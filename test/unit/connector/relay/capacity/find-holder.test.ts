import { describe, expect, test } from "vitest";
import { findHolder } from "../../../../../connector/relay/capacity/find-holder.ts";

describe("findHolder()", () => {
  test.for([
    [{ id: "ab12", keyVersion: 0 }, "192.0.2.1", "ab12"],
    [undefined, "192.0.2.1", "192.0.2.1"],
    [undefined, "2001:db8:1:2:3::4", "2001:db8:1:2::/64"],
    [undefined, "2001:db8:1:2:ffff::", "2001:db8:1:2::/64"],
    [undefined, "", ""],
  ] as const)("of %j at %j is %j, the first time and the next", ([link, clientIp, holder]) => {
    expect(findHolder(link, clientIp)).toBe(holder);
    expect(findHolder(link, clientIp)).toBe(holder);
  });
});
