import { describe, expect, test } from "vitest";
import type { DevServer } from "../../../dev-servers/dev-server.ts";
import type { ServerResult } from "../../../dev-servers/run-server.ts";
import { formatRow, HEAD } from "../../../dev-servers/table/format-row.ts";
import { isGreen } from "../../../dev-servers/table/is-green.ts";

const SERVER: DevServer = {
  name: "one",
  title: "One",
  port: 3000,
  project: { version: { text: "1" } },
  start: "true",
  checks: {},
  remark: "a remark",
};
const GREEN: ServerResult = {
  server: SERVER,
  version: "1.2",
  checks: [
    { flavour: "public", check: "page" },
    { flavour: "link", check: "page" },
  ],
};

describe("formatRow()", () => {
  test("marks what passed over both flavours, and what the server does not have", () => {
    expect(formatRow(GREEN)).toHaveLength(HEAD.length);
    expect(formatRow(GREEN)).toEqual(["One", "1.2", "✓", "–", "–", "–", "–", "–", "none", "a remark"]);
  });

  test("names the flavours over which a check failed, and the first reason in one line", () => {
    const failed = { flavour: "link", check: "page", failure: "a | b\nmore" } as const;
    const row = formatRow({ ...GREEN, checks: [GREEN.checks[0]!, failed] });
    expect(row[2]).toBe("✗ link");
    expect(row.at(-1)).toBe("a \\| b");
  });

  test("shows the settings that the app needs", () => {
    const server: DevServer = { ...SERVER, hostPolicy: "public", setting: "`a: 1`" };
    expect(formatRow({ ...GREEN, server }).at(-2)).toBe('`host_policy: "public"` for its port; `a: 1`');
  });

  test("says why a server was not run", () => {
    const row = formatRow({ server: SERVER, version: "", checks: [], notRun: "it does not build here" });
    expect(row.slice(2, 8)).toEqual(["–", "–", "–", "–", "–", "–"]);
    expect(row.at(-1)).toBe("it does not build here");
  });
});

describe("isGreen()", () => {
  test("is true only for a server that was run, with no check failed", () => {
    expect(isGreen(GREEN)).toBe(true);
    expect(isGreen({ ...GREEN, notRun: "no" })).toBe(false);
    expect(isGreen({ ...GREEN, checks: [{ flavour: "public", check: "console", failure: "no" }] })).toBe(
      false,
    );
  });
});
