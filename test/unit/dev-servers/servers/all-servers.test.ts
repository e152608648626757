import { describe, expect, test } from "vitest";
import { ALL_SERVERS } from "../../../dev-servers/servers/all-servers.ts";

describe("ALL_SERVERS", () => {
  test("has each name once", () => {
    expect(new Set(ALL_SERVERS.map(({ name }) => name)).size).toBe(ALL_SERVERS.length);
  });

  test.each(ALL_SERVERS)("visits a page of $title and checks more than that", ({ checks }) => {
    expect(checks.page).toBeTypeOf("function");
    expect(Object.keys(checks).length).toBeGreaterThan(1);
  });
});
