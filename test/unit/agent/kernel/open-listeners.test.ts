import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { openListeners } from "../../../../agent/kernel/open-listeners.ts";
import { DIRECT, LOOPBACK_V4, LOOPBACK_V6 } from "../../../../agent/kernel/parse-listener.ts";

const folder = mkdtempSync(join(tmpdir(), "listeners-"));
afterAll(() => rmSync(folder, { recursive: true }));

const TAIL = "00000000:00000000 00:00000000 00000000     0        0 4821 1 0000000000000000 100 0 0 10 0";
const V6 = "0".repeat(32);

function table(name: string, ...lines: string[]): string {
  const path = join(folder, name);
  writeFileSync(path, ["  sl  local_address ...", ...lines, ""].join("\n"));
  return path;
}

function listening(slot: number, local: string): string {
  const remote = local.length > 13 ? V6 : "00000000";
  return `${String(slot).padStart(4)}: ${local} ${remote}:0000 0A ${TAIL}`;
}

describe("openListeners()", () => {
  test("joins both tables, and the listeners of one port", () => {
    const v4 = table("v4", listening(0, "0100007F:0BB8"), listening(1, "00000000:0050"));
    const v6 = table("v6", listening(0, "00000000000000000000000001000000:0BB8"));
    expect([...openListeners([v4, v6])()]).toEqual([
      [3000, LOOPBACK_V4 | LOOPBACK_V6],
      [80, DIRECT],
    ]);
  });

  test("counts SO_REUSEPORT duplicates once", () => {
    const path = table("reuse", listening(0, "00000000:0050"), listening(1, "00000000:0050"));
    expect([...openListeners([path])()]).toEqual([[80, DIRECT]]);
  });

  test("reads the table again each time", () => {
    const path = table("anew", listening(0, "00000000:0050"));
    const read = openListeners([path]);
    expect(read().size).toBe(1);
    writeFileSync(path, "  sl  local_address ...\n");
    expect(read().size).toBe(0);
  });

  test("takes a missing table as empty", () => {
    expect(openListeners([join(folder, "none")])().size).toBe(0);
  });

  test("reads 60 000 listeners, which span many chunks", () => {
    const lines = Array.from({ length: 60_000 }, (_, slot) =>
      listening(slot, `00000000:${(slot + 1).toString(16).toUpperCase().padStart(4, "0")}`),
    );
    const ports = openListeners([table("many", ...lines)])();
    expect(ports.size).toBe(60_000);
    expect(ports.get(60_000)).toBe(DIRECT);
  });

  test("stops where the established connections begin", () => {
    const established = `   1: 00000000:0051 00000000:0000 01 ${TAIL}`;
    const path = table("stop", listening(0, "00000000:0050"), established, listening(2, "00000000:0052"));
    expect([...openListeners([path])().keys()]).toEqual([80]);
  });
});
