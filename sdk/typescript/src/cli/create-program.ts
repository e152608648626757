import { Command } from "commander";
import { createAccessCommand } from "./commands/access.ts";
import { createCaptureCommand } from "./commands/capture.ts";
import { createCompletionCommand } from "./commands/completion.ts";
import { createCreateCommand, createKillCommand } from "./commands/create.ts";
import { createLimitsCommand } from "./commands/limits.ts";
import { createListCommand } from "./commands/list.ts";
import { createLoginCommand, createLogoutCommand } from "./commands/login.ts";
import { createLogsCommand } from "./commands/logs.ts";
import { createMcpCommand } from "./commands/mcp.ts";
import { createPortsCommand } from "./commands/ports.ts";
import { createReplayCommand } from "./commands/replay.ts";
import { createRevokeCommand } from "./commands/revoke.ts";
import { createShareCommand } from "./commands/share.ts";
import { EXIT_CODES } from "./exit-codes.ts";

/** @param version of the package */
export function createProgram(version: string): Command {
  const program = new Command("pandastack-preview")
    .description("Preview URLs of sandboxes: list, share, revoke.")
    .version(version)
    .option("--api-url <url>", "the API; else PANDASTACK_API_URL, else that of the last login")
    .option(
      "--preview-host <host>",
      "what follows {port}-{sandbox}. in public URLs, where the API is elsewhere",
    )
    .option("--json", "print JSON on standard output, also errors")
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      "after",
      `
Examples:
  pandastack-preview login --api-url https://api.acme.dev
  pandastack-preview list
  pandastack-preview share 1a2b3c4d-… 3000 --ttl 1d --qr

The token is PANDASTACK_API_KEY, else the one of \`login\`.

Exit codes:
${Object.entries(EXIT_CODES)
  .map(([code, meaning]) => `  ${code}  ${meaning}`)
  .join("\n")}`,
    );
  const commands = [
    createLoginCommand(),
    createLogoutCommand(),
    createCreateCommand(),
    createKillCommand(),
    createListCommand(),
    createPortsCommand(),
    createShareCommand(),
    createRevokeCommand(),
    createAccessCommand(),
    createLimitsCommand(),
    createCaptureCommand(),
    createLogsCommand(),
    createReplayCommand(),
    createMcpCommand(version),
    createCompletionCommand(program),
  ];
  for (const command of commands) {
    command.configureHelp({ showGlobalOptions: true });
    command.showHelpAfterError(`See: pandastack-preview ${command.name()} --help`);
    program.addCommand(command);
  }
  // A subcommand does not inherit this from addCommand().
  for (const command of [program, ...commands]) command.exitOverride().showSuggestionAfterError();
  return program;
}
