import { Argument, Command } from "commander";
import type { PortAccess } from "../../sandbox.ts";
import { parsePort } from "../parse-port.ts";
import { runAction } from "../run-action.ts";

export function createAccessCommand(): Command {
  return new Command("access")
    .description("set who reaches a port: anyone, only links, or nobody")
    .argument("<sandbox>", "its id")
    .argument("<port>")
    .addArgument(new Argument("<access>").choices(["public", "private", "off"]))
    .action(
      runAction<object>(async ({ output, openClient, signal }, id = "", portText = "", access = "") => {
        const port = parsePort(portText);
        const sandbox = (await openClient()).sandboxes.ref(id);
        await sandbox.setPortAccess(port, access as PortAccess, { signal });
        output.result({ sandbox_id: id, port, access }, `Port ${port} is ${access} now.`);
      }),
    );
}
