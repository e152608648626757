import type { Command } from "commander";

/** Without those that the program starts itself, and without `help`. */
export function visibleCommands(program: Command): readonly Command[] {
  const visible = program.createHelp().visibleCommands(program);
  return program.commands.filter((command) => visible.includes(command));
}
