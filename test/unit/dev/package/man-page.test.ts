import { Command, Option } from "commander";
import { expect, test } from "vitest";
import { createProgram } from "../../../../connector/commands/create-program.ts";
import { manPage } from "../../../../dev/package/man-page.ts";
import { visibleCommands } from "../../../../dev/package/visible-commands.ts";

test("manPage() says what each option is, what it may be, and what it is by default", () => {
  const program = new Command("example").description("Does one thing. And another.").addCommand(
    new Command("run")
      .description(".dot first")
      .requiredOption("--file-name <file>", "the back\\slash")
      .addOption(new Option("--level <level>").choices(["a", "b"]).default("a")),
  );
  expect(
    manPage(program, { version: "1.0.0", files: [["/etc/a-b", "a file"]] }),
  ).toBe(`.TH EXAMPLE 8 "" "example 1.0.0"
.SH NAME
example \\- Does one thing
.SH SYNOPSIS
.B example
.I command
[options]
.SH COMMANDS
.SS run
\\&.dot first.
.TP
.B \\-\\-file\\-name <file>
The back\\eslash (required).
.TP
.B \\-\\-level <level>
(one of a, b; default: a).
.SH FILES
.TP
.I /etc/a\\-b
a file
`);
});

test("manPage() has each command and option of the connector", () => {
  const page = manPage(createProgram(), { version: "1.0.0", files: [] });
  for (const command of visibleCommands(createProgram())) {
    expect(page).toContain(`.SS ${command.name()}\n`);
    for (const { flags } of command.options) expect(page).toContain(`.B ${flags.replaceAll("-", "\\-")}\n`);
  }
});
