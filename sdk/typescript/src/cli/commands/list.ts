import { Command } from "commander";
import type { SandboxInfo } from "../../api/types.ts";
import { formatTable } from "../format-table.ts";
import { runAction } from "../run-action.ts";

export function createListCommand(): Command {
  return new Command("list")
    .alias("ls")
    .description("list the sandboxes that your token opens")
    .option("--workspace <name>", "of this workspace; needed with a token of an org that has several")
    .action(
      runAction<{ workspace?: string }>(async ({ options, output, openClient, signal }) => {
        const { workspace } = options;
        const client = await openClient();
        output.progress("Reading the list …");
        const list = client.sandboxes.list({ signal, ...(workspace !== undefined && { workspace }) });
        const infos = (await list).flatMap(({ info }) => info ?? []);
        if (infos.length === 0) output.note("No sandbox runs.");
        if (infos.length > 0 || output.json) output.result(infos, formatSandboxes(infos));
      }),
    );
}

function formatSandboxes(infos: readonly SandboxInfo[]): string {
  const rows = infos.map(({ id, template = "–", status, ports, created_at }) => [
    id,
    template,
    status,
    created_at,
    ports.join(" "),
  ]);
  return formatTable([["ID", "TEMPLATE", "STATUS", "SINCE", "PORTS"], ...rows]);
}
