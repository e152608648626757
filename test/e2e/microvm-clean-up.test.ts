import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { removeDeadNamespaces } from "../../lab/namespace.ts";
import { NODE_BINARY } from "../../lab/node-binary.ts";
import { runCommand } from "../../lab/run-command.ts";

const MODULE = fileURLToPath(new URL("../../lab/namespace.ts", import.meta.url));

/** Makes a namespace with a process in it, tells both, and stays. */
const MAKER = `
  import { Namespace } from ${JSON.stringify(MODULE)};
  const namespace = await Namespace.create("orphan");
  const child = namespace.spawn("sh", ["-c", "echo up; exec sleep 600"], { stdio: ["ignore", "pipe", "inherit"] });
  child.stdout.once("data", () => console.log(namespace.name));
`;

describe("removeDeadNamespaces()", () => {
  test("takes away what a killed lab left; its processes died with it", async () => {
    const maker = spawn(NODE_BINARY, ["--input-type=module", "--eval", MAKER], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [name] = (await once(createInterface({ input: maker.stdout }), "line")) as [string];
    expect(await runCommand("ip", ["netns", "pids", name])).not.toBe("");
    await removeDeadNamespaces();
    expect(await runCommand("ip", ["netns", "list"])).toContain(name);

    const ended = once(maker, "exit");
    maker.kill("SIGKILL");
    await ended;
    await expect.poll(() => runCommand("ip", ["netns", "pids", name])).toBe("");
    await removeDeadNamespaces();
    expect(await runCommand("ip", ["netns", "list"])).not.toContain(name);
  });
});
