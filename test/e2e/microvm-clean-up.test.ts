import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { Namespace } from "../../lab/network/namespace.ts";
import { NODE_BINARY } from "../../lab/node-binary.ts";
import { runCommand } from "../../lab/run-command.ts";

const MODULE = fileURLToPath(new URL("../../lab/network/namespace.ts", import.meta.url));

/** Creates a namespace with a process in it, prints its name, and stays. */
const CREATOR = `
  import { Namespace } from ${JSON.stringify(MODULE)};
  const namespace = await Namespace.create("orphan");
  const child = namespace.spawn("sh", ["-c", "echo up; exec sleep 600"], { stdio: ["ignore", "pipe", "inherit"] });
  child.stdout.once("data", () => console.log(namespace.name));
`;

describe("Namespace.removeDead()", () => {
  test("removes the namespaces of a killed lab, whose processes died with it", async () => {
    const creator = spawn(NODE_BINARY, ["--input-type=module", "--eval", CREATOR], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [name] = (await once(createInterface({ input: creator.stdout }), "line")) as [string];
    expect(await runCommand("ip", ["netns", "pids", name])).not.toBe("");
    await Namespace.removeDead();
    expect(await runCommand("ip", ["netns", "list"])).toContain(name);

    const ended = once(creator, "exit");
    creator.kill("SIGKILL");
    await ended;
    await expect.poll(() => runCommand("ip", ["netns", "pids", name])).toBe("");
    await Namespace.removeDead();
    expect(await runCommand("ip", ["netns", "list"])).not.toContain(name);
  });
});
