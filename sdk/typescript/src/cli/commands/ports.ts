import { Command } from "commander";
import { formatTable } from "../format-table.ts";
import { runAction } from "../run-action.ts";

export function createPortsCommand(): Command {
  return new Command("ports")
    .description("list a sandbox's open ports with their public URLs")
    .argument("<sandbox>", "its id")
    .option("--watch", "show each change, until Ctrl-C; with --json one line for each")
    .action(
      runAction<{ watch?: boolean }>(async ({ options, output, openClient, signal }, id = "") => {
        const sandbox = (await openClient()).sandboxes.ref(id);
        if (options.watch !== true) {
          const urls = Object.entries(await sandbox.previewUrls({ signal }));
          if (urls.length === 0) output.note("No server listens in this sandbox.");
          const ports = urls.map(([port, url]) => ({ port: Number(port), url }));
          if (urls.length > 0 || output.json) output.result(ports, formatTable(urls));
          return;
        }
        output.progress("Watching …");
        for await (const { port, open } of sandbox.watchPorts({ signal })) {
          const url = sandbox.previewUrl(port);
          output.result(
            { port, open, url },
            `${open ? "open  " : "closed"}  ${formatTable([[`${port}`, url]])}`,
          );
        }
      }),
    );
}
