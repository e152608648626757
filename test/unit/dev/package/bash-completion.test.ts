import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { createProgram } from "../../../../connector/commands/create-program.ts";
import { bashCompletion } from "../../../../dev/package/bash-completion.ts";
import { visibleCommands } from "../../../../dev/package/visible-commands.ts";

const SCRIPT = bashCompletion(createProgram());

/** What bash offers for the last of these words. */
function complete(...words: string[]): string[] {
  const call = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}
_preview_connector; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const output = execFileSync("bash", ["--norc", "-c", `${SCRIPT}\n${call}`], { encoding: "utf8" });
  return output.split("\n").filter((line) => line !== "");
}

test.each<[words: string[], offered: string[]]>([
  [["preview-connector", "de"], ["detach"]],
  [["preview-connector", "detach", "--s"], ["--sandbox"]],
  [
    ["preview-connector", "attach", "--access", "p"],
    ["public", "private"],
  ],
  [["preview-connector", "run", "--config", "package.j"], ["package.json"]],
  [["preview-connector", "attach", "--sandbox", ""], []],
])("bashCompletion() completes %j to %j", (words, offered) => {
  expect(complete(...words)).toEqual(offered);
});

test("bashCompletion() offers each command that the program has", () => {
  const names = visibleCommands(createProgram()).map((command) => command.name());
  expect(names).toContain("attach");
  expect(names).not.toContain("run-host");
  expect(complete("preview-connector", "")).toEqual([...names, "help", "--help"]);
});
