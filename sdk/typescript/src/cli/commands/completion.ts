import { Argument, Command } from "commander";
import { formatCompletion, SHELLS } from "../format-completion.ts";

/** @param program whose commands and options are completed */
export function createCompletionCommand(program: Command): Command {
  return new Command("completion")
    .description("print a shell's completion script")
    .addArgument(new Argument("<shell>").choices(SHELLS))
    .addHelpText(
      "after",
      `
Examples:
  source <(pandastack-preview completion bash)
  pandastack-preview completion fish > ~/.config/fish/completions/pandastack-preview.fish`,
    )
    .action((shell: string) => {
      process.stdout.write(formatCompletion(shell, program));
    });
}
