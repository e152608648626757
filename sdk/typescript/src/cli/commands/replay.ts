import { Command } from "commander";
import type { RequestDetail } from "../../api/types.ts";
import { printable } from "../printable.ts";
import { runAction } from "../run-action.ts";

interface ReplayOptions {
  readonly method?: string;
  readonly path?: string;
  readonly header?: string[];
  readonly body?: string;
}

export function createReplayCommand(): Command {
  return new Command("replay")
    .description("send a request of `logs` to the app once more")
    .argument("<sandbox>", "its id")
    .argument("<request>", "the request's id")
    .option("--method <method>", "another method")
    .option("--path <path>", "another path")
    .option("--header <field...>", "`name: value` in the place of the field, or `name:` without it")
    .option("--body <text>", "another body")
    .action(
      runAction<ReplayOptions>(async ({ options, output, openClient, signal }, id = "", request = "") => {
        const sandbox = (await openClient()).sandboxes.ref(id);
        const { method, path, header, body } = options;
        const outcome = await sandbox.replayRequest(request, {
          ...(method !== undefined && { method: method.toUpperCase() }),
          ...(path !== undefined && { path }),
          ...(header !== undefined && { headers: Object.fromEntries(header.map(parseField)) }),
          ...(body !== undefined && { body }),
          signal,
        });
        const text = `Before: ${describe(outcome.original)}\n\nNow: ${describe(outcome.replay)}`;
        output.result(outcome, text);
      }),
    );
}

function parseField(field: string): [string, string | null] {
  const colon = field.indexOf(":");
  if (colon < 1) throw new TypeError("header must be `name: value`");
  const value = field.slice(colon + 1).trim();
  return [field.slice(0, colon).trim(), value === "" ? null : value];
}

function describe({ response, duration_ms: ms }: RequestDetail): string {
  if (response === null) return "no response";
  const { bytes, text } = response.body;
  const shown = text === undefined ? `${bytes} bytes` : printable(text);
  return `${response.status} ${printable(response.reason)} in ${Math.round(ms)} ms\n${shown}`;
}
