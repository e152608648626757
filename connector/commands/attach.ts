import { Command, Option } from "commander";
import type { Access, LoopbackMode } from "../../shared/access.ts";
import { ACCESS_MODES, LOOPBACK_MODES } from "../../shared/access.ts";
import type { GuestOfferBody } from "../../shared/protocol/control-api.ts";
import { attachedGuestSchema, GUESTS_PATH } from "../../shared/protocol/control-api.ts";
import { readConfig } from "../config.ts";
import { callConnector } from "../control/call-connector.ts";
import type { ConfigOptions } from "./options.ts";
import { collectPorts, configOption, parsePortOption } from "./options.ts";
import { reportFailure } from "./report-failure.ts";

interface AttachOptions extends ConfigOptions {
  readonly sandbox: string;
  readonly address: string;
  readonly workspace: string;
  readonly tap?: string;
  readonly namespace?: string;
  readonly agentPort?: number;
  readonly port: number[];
  readonly publicPort: number[];
  readonly access?: Access;
  readonly loopback?: LoopbackMode;
}

export function createAttachCommand(): Command {
  return new Command("attach")
    .description("make a guest reachable")
    .requiredOption("--sandbox <uuid>", "the sandbox's id")
    .requiredOption("--address <ip>", "where this host reaches the guest")
    .requiredOption("--workspace <id>", "the workspace that owns the sandbox")
    .option("--tap <interface>", "the interface over which it does")
    .option("--namespace <name>", "the network namespace that holds the interface")
    .option("--agent-port <port>", "where the guest's agent listens", parsePortOption)
    .option("--port <port>", "a port known to be open (repeatable)", collectPorts, [])
    .option("--public-port <port>", "a port whose app is told its public name (repeatable)", collectPorts, [])
    .addOption(
      new Option("--access <mode>", "who may visit the ports for which nothing else is said").choices(
        ACCESS_MODES,
      ),
    )
    .addOption(
      new Option("--loopback <mode>", "whether servers on the guest's loopback are reached").choices(
        LOOPBACK_MODES,
      ),
    )
    .addOption(configOption())
    .action(reportFailure(attach));
}

async function attach(options: AttachOptions): Promise<void> {
  const { controlSocket } = await readConfig(options.config);
  const response = await callConnector(controlSocket, "POST", GUESTS_PATH, toOffer(options));
  const { sandboxId, generation, way, edgeKnows } = attachedGuestSchema.parse(response);
  const state = edgeKnows ? "reachable" : "attached here, but the edge has not answered yet; still trying";
  console.log(`${sandboxId} ${generation}: ${state}, ${way}`);
}

function toOffer(options: AttachOptions): GuestOfferBody {
  const { sandbox: sandboxId, port: ports, publicPort: publicPorts, config: _, ...rest } = options;
  return { sandboxId, ports, publicPorts, ...rest };
}
