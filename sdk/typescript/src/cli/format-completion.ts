import type { Command } from "commander";

export const SHELLS = ["bash", "zsh", "fish"] as const;

const NAME = "pandastack-preview";

/** A script that completes commands and their options. Texts of the program contain no quotes of shells. */
export function formatCompletion(shell: string, program: Command): string {
  const commands = program.commands.map((command) => ({
    name: command.name(),
    description: command.description().replaceAll("'", "’"),
    options: [...command.options, ...program.options].flatMap(({ long }) => long ?? []),
  }));
  const names = commands.map(({ name }) => name).join(" ");
  if (shell === "fish") {
    return commands
      .map(({ name, description, options }) =>
        [
          `complete -c ${NAME} -n __fish_use_subcommand -f -a ${name} -d '${description}'`,
          ...options.map(
            (option) => `complete -c ${NAME} -n '__fish_seen_subcommand_from ${name}' -l ${option.slice(2)}`,
          ),
          "",
        ].join("\n"),
      )
      .join("");
  }
  const cases = commands
    .map(({ name, options }) => `    ${name}) words="${options.join(" ")}" ;;`)
    .join("\n");
  const bash = `_pandastack_preview() {
  local words="${names}"
  case "\${COMP_WORDS[1]}" in
${cases}
  esac
  [ "$COMP_CWORD" -eq 1 ] && words="${names}"
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _pandastack_preview ${NAME}
`;
  return shell === "zsh" ? `autoload -U +X bashcompinit && bashcompinit\n${bash}` : bash;
}
