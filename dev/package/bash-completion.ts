import type { Command, Option } from "commander";
import { visibleCommands } from "./visible-commands.ts";

/**
 * A completion script for bash, from what a program declares: names of its commands, options, and the values of options
 * that are a choice; files after an option whose value is one.
 */
export function bashCompletion(program: Command): string {
  const name = program.name();
  const shown = visibleCommands(program);
  const commands = shown.map((command) => command.name());
  return `# bash completion for ${name}
_${toIdentifier(name)}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W '${[...commands, "help", "--help"].join(" ")}' -- "$cur"))
    return
  fi
  case \${COMP_WORDS[1]}:$prev in
${shown.flatMap((command) => command.options.flatMap((option) => valueCase(command, option))).join("")}  esac
  case \${COMP_WORDS[1]} in
${shown.map(optionsCase).join("")}  esac
}
complete -F _${toIdentifier(name)} ${name}
`;
}

function valueCase(command: Command, option: Option): string[] {
  if (!option.required || option.long == null) return [];
  return [`    ${command.name()}:${option.long}) ${completeValue(option)}; return ;;\n`];
}

function completeValue({ argChoices, flags }: Option): string {
  if (argChoices !== undefined) return `COMPREPLY=($(compgen -W '${argChoices.join(" ")}' -- "$cur"))`;
  if (/<(?:file|socket|directory)>/.test(flags)) return `COMPREPLY=($(compgen -f -- "$cur"))`;
  return ":";
}

function optionsCase(command: Command): string {
  const options = [...command.options.filter(({ hidden }) => !hidden).map(({ long }) => long), "--help"];
  return `    ${command.name()}) COMPREPLY=($(compgen -W '${options.join(" ")}' -- "$cur")) ;;\n`;
}

function toIdentifier(name: string): string {
  return name.replaceAll("-", "_");
}
