import type { Command, Option } from "commander";
import { visibleCommands } from "./visible-commands.ts";

export interface ManPageFacts {
  readonly version: string;
  /** Files that the program reads and writes, with what they are. */
  readonly files: readonly (readonly [path: string, meaning: string])[];
}

/** A manual page (man-pages(7)) from what a program declares. Without a date, so that builds are reproducible. */
export function manPage(program: Command, { version, files }: ManPageFacts): string {
  const name = program.name();
  const [summary = ""] = program.description().split(". ");
  return [
    `.TH ${name.toUpperCase()} 8 "" "${name} ${version}"`,
    ".SH NAME",
    `${escapeText(name)} \\- ${escapeText(summary.replace(/\.$/, ""))}`,
    ".SH SYNOPSIS",
    `.B ${escapeText(name)}`,
    ".I command",
    "[options]",
    ".SH COMMANDS",
    ...visibleCommands(program).flatMap(describeCommand),
    ".SH FILES",
    ...files.flatMap(([path, meaning]) => [".TP", `.I ${escapeText(path)}`, escapeText(meaning)]),
    "",
  ].join("\n");
}

function describeCommand(command: Command): string[] {
  return [
    `.SS ${escapeText(command.name())}`,
    escapeText(sentence(command.description())),
    ...command.options.filter(({ hidden }) => !hidden).flatMap(describeOption),
  ];
}

function describeOption(option: Option): string[] {
  const { flags, description, mandatory, argChoices, defaultValue } = option;
  const facts = [
    ...(mandatory ? ["required"] : []),
    ...(argChoices === undefined ? [] : [`one of ${argChoices.join(", ")}`]),
    ...(typeof defaultValue === "string" || typeof defaultValue === "number"
      ? [`default: ${defaultValue}`]
      : []),
  ];
  const text = [description, ...(facts.length > 0 ? [`(${facts.join("; ")})`] : [])].filter(
    (part) => part !== "",
  );
  return [".TP", `.B ${escapeText(flags)}`, escapeText(sentence(text.join(" ")))];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith(".") ? "" : "."}`;
}

/** A line that begins with a period or an apostrophe would be a request, and a plain hyphen no minus (groff_char(7)). */
function escapeText(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^([.'])/, "\\&$1");
}
