import { Command } from "commander";
import { runAction } from "../run-action.ts";

export function createCreateCommand(): Command {
  return new Command("create")
    .description("start a sandbox, and print its id")
    .argument("<template>", "what it is started from")
    .option("--workspace <name>", "in this workspace; needed with a token of an org that has several")
    .action(
      runAction<{ workspace?: string }>(async ({ options, output, openClient, signal }, template = "") => {
        const { workspace } = options;
        const client = await openClient();
        output.progress("Starting …");
        const named = workspace === undefined ? {} : { workspace };
        const { id, info } = await client.sandboxes.create({ template, ...named, signal });
        output.result(info, id);
      }),
    );
}

export function createKillCommand(): Command {
  return new Command("kill")
    .description("end a sandbox, and with it all of its links")
    .argument("<sandbox>", "its id")
    .action(
      runAction<object>(async ({ output, openClient, signal }, id = "") => {
        await (await openClient()).sandboxes.ref(id).kill({ signal });
        output.result({ ended: true }, "Ended.");
      }),
    );
}
