import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { callControl } from "../../../../connector/control/call-control.ts";

describe("callControl()", () => {
  test("says that there is no response from the socket", async () => {
    const directory = await mkdtemp(join(tmpdir(), "call-control-"));
    const call = callControl(join(directory, "none.sock"), "GET", "/guests");
    await expect(call).rejects.toThrow(/no program responds/);
    await rm(directory, { recursive: true });
  });
});
