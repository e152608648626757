import { Command, InvalidArgumentError } from "commander";
import { parsePort } from "../../../shared/port.ts";
import { runProgram } from "../run-program.ts";
import { readDeployment } from "../settings/deployment.ts";
import { SecretFiles } from "../settings/secrets.ts";
import { describeStep } from "./describe-step.ts";
import { EdgeClient } from "./edge-client.ts";
import { smokeTest } from "./smoke-test.ts";

interface Options {
  readonly api?: string;
  readonly workspace: string;
  readonly sandbox?: string;
  readonly port?: number;
  readonly websocketPath: string;
  readonly websocketProtocol: readonly string[];
  readonly connectTo?: string;
}

const program = new Command("npm run deploy:smoke --")
  .description("Visits a preview of a deployment: keys, heartbeat, public URL, link, WebSocket.")
  .option("--api <url>", "base URL of the API; default: that of deployment.toml")
  .option("--workspace <id>", "whose sandbox is visited", "main")
  .option("--sandbox <uuid>", "the sandbox; default: the first one that runs with an open port")
  .option("--port <port>", "its port; default: the first open one", toPort)
  .option("--websocket-path <path>", "where the app accepts WebSockets", "/")
  .option("--websocket-protocol <name...>", "subprotocols to offer", [])
  .option("--connect-to <address>", "where all names are reached: 127.0.0.1 for `npm start`")
  .addHelpText(
    "after",
    "\nThe admin token is read from .deploy/admin-token, or from ADMIN_TOKEN in the environment.",
  )
  .action((options: Options) => runProgram(() => smoke(options)));
await program.parseAsync(process.argv.slice(2), { from: "user" });

async function smoke(options: Options): Promise<number> {
  const client = new EdgeClient(options.connectTo);
  const api = options.api ?? `https://api.${(await readDeployment()).previewDomain}`;
  const target = {
    api: new URL(api).origin,
    adminToken: process.env.ADMIN_TOKEN ?? (await new SecretFiles().readAdminToken()),
    workspace: options.workspace,
    sandboxId: options.sandbox,
    port: options.port,
    webSocketPath: options.websocketPath,
    webSocketProtocols: options.websocketProtocol,
  };
  try {
    return (await smokeTest(client, target, (step) => console.log(describeStep(step)))) ? 0 : 1;
  } finally {
    await client.close();
  }
}

function toPort(text: string): number {
  const port = parsePort(text);
  if (port === undefined) throw new InvalidArgumentError("must be a port from 1 to 65535");
  return port;
}
