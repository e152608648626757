import { Command } from "commander";
import { runAction } from "../run-action.ts";

export function createRevokeCommand(): Command {
  return new Command("revoke")
    .description("revoke a signed link, which then opens nothing")
    .argument("<sandbox>", "its id")
    .argument("<link>", "the link's URL or token")
    .action(
      runAction<object>(async ({ output, openClient, signal }, id = "", link = "") => {
        const sandbox = (await openClient()).sandboxes.ref(id);
        await sandbox.revokePreviewUrl(link.replace(/^https?:\/\//, "").replace(/\..*$/s, ""), { signal });
        output.result({ revoked: true }, "Revoked.");
      }),
    );
}
