import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readInstance } from "../../../../connector/state/read-instance.ts";
import { StateError } from "../../../../connector/state/state-error.ts";
import { isInstance } from "../../../../shared/protocol/host-token.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "instance-"));
});

afterEach(() => rm(directory, { recursive: true }));

describe("readInstance()", () => {
  test("makes an id once, in a directory that it makes too, and then reads it", async () => {
    const state = join(directory, "a", "b");
    const instance = await readInstance(state);
    expect(isInstance(instance)).toBe(true);
    expect(await readInstance(state)).toBe(instance);
    expect(await readdir(state)).toEqual(["instance"]);
    expect((await stat(join(state, "instance"))).mode & 0o777).toBe(0o600);
    expect(await readInstance(join(directory, "other"))).not.toBe(instance);
  });

  test.each(["", "short", "with spaces in it, and long enough"])(
    "refuses a file that holds %j",
    async (text) => {
      await writeFile(join(directory, "instance"), text);
      await expect(readInstance(directory)).rejects.toThrow(StateError);
      await expect(readInstance(directory)).rejects.toThrow(/instance: it holds no instance id/);
    },
  );
});
