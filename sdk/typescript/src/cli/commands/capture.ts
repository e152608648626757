import { Argument, Command } from "commander";
import { parsePort } from "../parse-port.ts";
import { runAction } from "../run-action.ts";

export function createCaptureCommand(): Command {
  return new Command("capture")
    .description("have the sandbox's host keep a port's requests, for `logs` and `replay`")
    .argument("<sandbox>", "its id")
    .argument("<port>")
    .addArgument(new Argument("<state>").choices(["on", "off"]))
    .option("--bodies", "also at most 64 KiB of each body")
    .option("--mask <names>", "fields to mask beside those that always are, with commas between them")
    .action(
      runAction<{ bodies?: boolean; mask?: string }>(
        async ({ options, output, openClient, signal }, id = "", portText = "", state = "") => {
          const port = parsePort(portText);
          const sandbox = (await openClient()).sandboxes.ref(id);
          const mask = options.mask?.split(",").map((name) => name.trim());
          const capture = { bodies: options.bodies === true, ...(mask !== undefined && { mask }) };
          await sandbox.setCapture(port, state === "on" && capture, { signal });
          output.result(
            { sandbox_id: id, port, capture: state === "on" ? capture : null },
            `Requests to port ${port} are ${state === "on" ? "kept" : "not kept any more"}, within 5 seconds.`,
          );
        },
      ),
    );
}
