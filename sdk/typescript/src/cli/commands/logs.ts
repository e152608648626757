import { Command, Option } from "commander";
import type { LoggedRequest } from "../../api/types.ts";
import { formatTable } from "../format-table.ts";
import { parsePort } from "../parse-port.ts";
import { printable } from "../printable.ts";
import { runAction } from "../run-action.ts";

interface LogsOptions {
  readonly follow?: boolean;
  readonly port?: number;
  readonly method?: string;
  readonly status?: string;
  readonly path?: string;
  readonly limit?: string;
}

export function createLogsCommand(): Command {
  return new Command("logs")
    .description("show the last requests to a sandbox, of ports with capture (see `capture`)")
    .argument("<sandbox>", "its id")
    .option("--follow", "show each further one, until Ctrl-C; with --json one line for each")
    .addOption(new Option("--port <port>", "only of this port").argParser(parsePort))
    .option("--method <method>", "only by this method")
    .option("--status <status>", "only this status, or a class of them: 4xx")
    .option("--path <text>", "only paths with this text in them")
    .option("--limit <count>", "at most 200; 50 if not given")
    .action(
      runAction<LogsOptions>(async ({ options, output, openClient, signal }, id = "") => {
        const sandbox = (await openClient()).sandboxes.ref(id);
        const { follow, port, method, status, path, limit } = options;
        const filter = {
          ...(port !== undefined && { port }),
          ...(method !== undefined && { method: method.toUpperCase() }),
          ...(status !== undefined && { status }),
          ...(path !== undefined && { path }),
          ...(limit !== undefined && { limit: Number(limit) }),
        };
        const found = (await sandbox.requests({ ...filter, signal })).reverse();
        if (found.length === 0 && follow !== true)
          output.note("No request was kept. See: pandastack-preview capture --help");
        if (follow !== true) {
          if (found.length > 0 || output.json) output.result(found, formatTable(found.map(toRow)));
          return;
        }
        for (const request of found) output.result(request, toRow(request).join("  "));
        output.progress("Watching …");
        for await (const request of sandbox.watchRequests({ signal, ...(port !== undefined && { port }) }))
          if (isWanted(request, filter)) output.result(request, toRow(request).join("  "));
      }),
    );
}

function toRow({
  id,
  at,
  port,
  method,
  path,
  status,
  duration_ms: ms,
  open,
  refused,
}: LoggedRequest): string[] {
  const end = open === true ? "open" : `${Math.round(ms)} ms`;
  return [id, at.slice(11, 23), `${port}`, printable(method), `${status}`, refused ?? end, printable(path)];
}

function isWanted(
  request: LoggedRequest,
  { method, status, path }: { readonly method?: string; readonly status?: string; readonly path?: string },
): boolean {
  if (method !== undefined && request.method !== method) return false;
  if (path !== undefined && !request.path.includes(path)) return false;
  if (status === undefined) return true;
  return status.endsWith("xx") ? `${request.status}`[0] === status[0] : `${request.status}` === status;
}
