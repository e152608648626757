import { Command } from "commander";
import { parsePort } from "../parse-port.ts";
import { runAction } from "../run-action.ts";

/** @param version of the package */
export function createMcpCommand(version: string): Command {
  return new Command("mcp")
    .description("serve these commands to agents (Model Context Protocol), on standard input and output")
    .option("--http <port>", "serve by streamable HTTP at http://127.0.0.1:{port}/mcp instead", parsePort)
    .addHelpText(
      "after",
      `
For an agent's configuration:
  { "mcpServers": { "previews": { "command": "npx", "args": ["-y", "pandastack-preview", "mcp"] } } }`,
    )
    .action(
      runAction<{ http?: number }>(async ({ options, output, openClient, signal }) => {
        const client = await openClient();
        // Loaded here only: the other commands start without it.
        const { serveHttp, serveStdio } = await import("../../mcp/serve.ts");
        if (options.http === undefined) return serveStdio(client, version, signal);
        const url = await serveHttp(client, version, options.http, signal);
        output.note(`Serving at ${url}, until Ctrl-C.`);
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      }),
    );
}
