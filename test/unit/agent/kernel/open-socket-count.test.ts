import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { openSocketCount } from "../../../../agent/kernel/open-socket-count.ts";

const folder = mkdtempSync(join(tmpdir(), "socket-count-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("openSocketCount()", () => {
  test("gives the sockets in use of both families, and nothing that changes by itself", () => {
    const v4 = join(folder, "sockstat");
    const v6 = join(folder, "sockstat6");
    writeFileSync(v4, "sockets: used 90\nTCP: inuse 5 orphan 0 tw 8 alloc 12 mem 2\nUDP: inuse 1 mem 0\n");
    writeFileSync(v6, "TCP6: inuse 3\nUDP6: inuse 0\n");
    expect(openSocketCount([v4, v6])()).toBe("5/3");
  });
});
