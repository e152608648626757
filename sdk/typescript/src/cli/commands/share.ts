import { Command, Option } from "commander";
import type { PreviewToken } from "../../api/types.ts";
import type { LinkOptions } from "../../sandbox.ts";
import { copyText, openUrl } from "../desktop.ts";
import type { Output } from "../output.ts";
import { parseDuration } from "../parse-duration.ts";
import { parsePort } from "../parse-port.ts";
import { renderQr } from "../render-qr.ts";
import { runAction } from "../run-action.ts";

interface ShareOptions {
  readonly ttl: number;
  readonly path?: string[];
  readonly embed?: string[];
  readonly verify?: boolean;
  readonly wait?: number | true;
  readonly qr?: boolean;
  readonly copy?: boolean;
  readonly open?: boolean;
}

const DEFAULT_WAIT_S = 60;

export function createShareCommand(): Command {
  return new Command("share")
    .description("mint a signed link to a port, which ends by itself")
    .argument("<sandbox>", "its id")
    .argument("<port>", "the port on which the server listens")
    .addOption(
      new Option("--ttl <duration>", "how long it opens, at most 7d")
        .argParser(parseDuration)
        .default(3600, "1h"),
    )
    .option("--path <path>", "open only this path and those below it (repeatable)", collect)
    .option("--embed <origin>", "allow pages of this origin to show it in a frame (repeatable)", collect)
    .option("--verify", "fail where no server listens on the port")
    .option(
      "--wait [duration]",
      "wait until a server listens on the port; 60s if no duration is given",
      parseDuration,
    )
    .option("--qr", "also print a QR code")
    .option("--copy", "also copy the link")
    .option("--open", "also open the link in the browser")
    .addHelpText(
      "after",
      `
Examples:
  pandastack-preview share 1a2b3c4d-… 3000
  pandastack-preview share 1a2b3c4d-… 3000 --ttl 7d --path /docs --qr
  url=$(pandastack-preview share 1a2b3c4d-… 3000 --wait)     # standard output has only the link`,
    )
    .action(
      runAction<ShareOptions>(async ({ options, output, openClient, signal }, id = "", portText = "") => {
        const port = parsePort(portText);
        const sandbox = (await openClient()).sandboxes.ref(id);
        if (options.wait !== undefined) {
          output.progress(`Waiting for a server on port ${port} …`);
          const seconds = options.wait === true ? DEFAULT_WAIT_S : options.wait;
          await sandbox.waitForPort(port, { timeoutMs: seconds * 1000, signal });
        }
        output.progress("Minting the link …");
        const { path: paths, embed, verify } = options;
        const members = { paths, embed, verify };
        const given = Object.entries(members).filter(([, value]) => value !== undefined);
        const link = await sandbox.signedPreviewUrl(port, options.ttl, {
          ...(Object.fromEntries(given) as LinkOptions),
          signal,
        });
        await show(link, options, output);
      }),
    );
}

async function show(link: PreviewToken, { qr, copy, open }: ShareOptions, output: Output): Promise<void> {
  output.result(link, link.url);
  output.note(output.dim(`Opens port ${link.port} until ${link.expires_at}.`, process.stderr));
  if (qr) output.note(renderQr(link.url));
  if (copy) output.note((await copyText(link.url)) ? "Copied." : "There is no clipboard to copy to.");
  if (open && !(await openUrl(link.url))) output.note("There is no browser to open it in.");
}

function collect(text: string, all: string[] = []): string[] {
  return [...all, text];
}
