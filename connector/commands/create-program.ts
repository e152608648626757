import { Command, InvalidArgumentError, Option } from "commander";
import pino from "pino";
import { parsePort } from "../../shared/port.ts";
import { ConfigError, parseConfig, readConfig } from "../config.ts";
import { startConnector } from "../connector.ts";
import { callConnector } from "../control/call-connector.ts";
import { ControlError } from "../control/call-control.ts";
import { EnrollError, enrollHost } from "../edge/enroll-host.ts";
import { drainOnSignal } from "./drain-on-signal.ts";

const DEFAULT_CONFIG_FILE = "/etc/preview-connector/config.json";
const DEFAULT_STATE_DIRECTORY = "/var/lib/preview-connector";
const DEFAULT_CONTROL_SOCKET = "/run/preview-connector/control.sock";
const DEFAULT_LISTEN_PORT = 8443;

/** The `connector` command. */
export function createProgram(): Command {
  const program = new Command("connector").description(
    "Carries preview requests to the sandboxes of this host.",
  );

  program
    .command("run")
    .description("serve this host's guests until told to stop")
    .addOption(configOption())
    .addOption(new Option("--log-level <level>").choices(["debug", "info", "warn", "error"]).default("info"))
    .action((options: { config: string; logLevel: string }) =>
      reporting(async () => {
        const log = pino({ level: options.logLevel });
        const connector = await startConnector(await readConfig(options.config), log);
        drainOnSignal(connector, log);
      }),
    );

  program
    .command("enroll")
    .description("make this host known to the edge and write its configuration")
    .requiredOption("--api <url>", "base URL of the edge's API")
    .requiredOption("--admin-token <token>", "the admin's token", process.env.PREVIEW_ADMIN_TOKEN)
    .requiredOption("--origin <url>", "base URL at which the edge reaches this connector")
    .requiredOption("--host <id>", "this host's id")
    .option("--listen-host <address>", "address to listen on", "::")
    .option("--listen-port <port>", "port to listen on", toPort, DEFAULT_LISTEN_PORT)
    .option("--tls-certificate <file>", "PEM certificate chain")
    .option("--tls-key <file>", "PEM private key")
    .option("--launcher <socket>", "Unix socket of the program that starts and ends guests")
    .option("--state <directory>", "where guests are kept", DEFAULT_STATE_DIRECTORY)
    .option("--control <socket>", "Unix socket of the control API", DEFAULT_CONTROL_SOCKET)
    .addOption(configOption())
    .action((options: EnrollOptions) =>
      reporting(async () => {
        await enrollHost(toConfig(options), options.adminToken, options.config);
        console.log(`enrolled as ${options.host}; wrote ${options.config}`);
      }),
    );

  program
    .command("attach")
    .description("make a guest reachable")
    .requiredOption("--sandbox <uuid>", "the sandbox's id")
    .requiredOption("--address <ip>", "where this host reaches the guest")
    .requiredOption("--workspace <id>", "the workspace that owns the sandbox")
    .option("--tap <interface>", "the interface over which it does")
    .option("--namespace <name>", "the network namespace that holds the interface")
    .option("--agent-port <port>", "where the guest's agent listens", toPort)
    .option("--port <port>", "a port known to be open (repeatable)", collectPorts, [])
    .option("--public-port <port>", "a port whose app is told its public name (repeatable)", collectPorts, [])
    .addOption(configOption())
    .action((options: AttachOptions) =>
      reporting(async () => {
        const { controlSocket } = await readConfig(options.config);
        const guest = (await callConnector(controlSocket, "POST", "/guests", {
          sandboxId: options.sandbox,
          address: options.address,
          workspace: options.workspace,
          tap: options.tap,
          namespace: options.namespace,
          agentPort: options.agentPort,
          ports: options.port,
          publicPorts: options.publicPort,
        })) as { sandboxId: string; generation: string; way: string; edgeKnows: boolean };
        const state = guest.edgeKnows
          ? "reachable"
          : "attached here, but the edge has not answered yet; still trying";
        console.log(`${guest.sandboxId} ${guest.generation}: ${state}, ${guest.way}`);
      }),
    );

  program
    .command("detach")
    .description("end a guest's reachability, at once")
    .requiredOption("--sandbox <uuid>", "the sandbox's id")
    .addOption(configOption())
    .action((options: { sandbox: string; config: string }) =>
      reporting(async () => {
        const { controlSocket } = await readConfig(options.config);
        await callConnector(controlSocket, "DELETE", `/guests/${encodeURIComponent(options.sandbox)}`);
        console.log(`${options.sandbox}: detached`);
      }),
    );

  program
    .command("list")
    .description("show attached guests")
    .option("--json", "one JSON document")
    .addOption(configOption())
    .action((options: { json?: boolean; config: string }) =>
      reporting(async () => {
        const { controlSocket } = await readConfig(options.config);
        const { guests } = (await callConnector(controlSocket, "GET", "/guests")) as {
          guests: ListedGuest[];
        };
        if (options.json) console.log(JSON.stringify(guests, undefined, 2));
        else
          for (const guest of guests)
            console.log(`${guest.sandboxId}  ${guest.address}  ${guest.ports.join(",")}`);
      }),
    );

  return program;
}

interface EnrollOptions {
  readonly api: string;
  readonly adminToken: string;
  readonly origin: string;
  readonly host: string;
  readonly listenHost: string;
  readonly listenPort: number;
  readonly tlsCertificate?: string;
  readonly tlsKey?: string;
  readonly launcher?: string;
  readonly state: string;
  readonly control: string;
  readonly config: string;
}

interface AttachOptions {
  readonly sandbox: string;
  readonly address: string;
  readonly workspace: string;
  readonly tap?: string;
  readonly namespace?: string;
  readonly agentPort?: number;
  readonly port: number[];
  readonly publicPort: number[];
  readonly config: string;
}

interface ListedGuest {
  readonly sandboxId: string;
  readonly address: string;
  readonly ports: readonly number[];
}

function toConfig(options: EnrollOptions) {
  const { tlsCertificate, tlsKey } = options;
  return parseConfig({
    hostId: options.host,
    api: options.api,
    origin: options.origin,
    listen: { host: options.listenHost, port: options.listenPort },
    ...((tlsCertificate ?? tlsKey) !== undefined && {
      tls: { certificateFile: tlsCertificate, keyFile: tlsKey },
    }),
    keyFile: `${options.state}/host-key.json`,
    stateDirectory: options.state,
    controlSocket: options.control,
    launcherSocket: options.launcher,
  });
}

function configOption(): Option {
  return new Option("--config <file>", "configuration file").default(DEFAULT_CONFIG_FILE);
}

function toPort(text: string): number {
  const port = parsePort(text);
  if (port === undefined) throw new InvalidArgumentError("must be a port from 1 to 65535");
  return port;
}

function collectPorts(text: string, ports: number[]): number[] {
  return [...ports, toPort(text)];
}

/** Expected failures end the command with a sentence and status 1; bugs keep their stack. */
async function reporting(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    const expected =
      error instanceof ConfigError || error instanceof ControlError || error instanceof EnrollError;
    if (!expected) throw error;
    console.error(`connector: ${error.message}`);
    process.exitCode = 1;
  }
}
