import { readFile } from "node:fs/promises";
import { Command } from "commander";
import type { Config } from "../config.ts";
import { parseConfig } from "../config.ts";
import { EnrollError, enrollHost } from "../edge/enroll-host.ts";
import type { ConfigOptions } from "./options.ts";
import { configOption, parsePortOption } from "./options.ts";
import { reportFailure } from "./report-failure.ts";

const DEFAULT_STATE_DIRECTORY = "/var/lib/preview-connector";
const DEFAULT_CONTROL_SOCKET = "/run/preview-connector/control.sock";
const DEFAULT_LISTEN_PORT = 8443;
/** The one that OpenTelemetry's exporter for Prometheus has, too. */
const DEFAULT_MONITORING_PORT = 9464;

interface EnrollOptions extends ConfigOptions {
  readonly api: string;
  readonly tokenFile: string;
  readonly replace?: boolean;
  readonly origin: string;
  readonly host: string;
  readonly listenHost: string;
  readonly listenPort: number;
  readonly tlsCertificate?: string;
  readonly tlsKey?: string;
  readonly clientCa?: string;
  readonly launcher?: string;
  readonly monitoringPort: number;
  readonly state: string;
  readonly control: string;
}

export function createEnrollCommand(): Command {
  return new Command("enroll")
    .description("make this host known to the edge and write its configuration")
    .requiredOption("--api <url>", "base URL of the edge's API")
    .requiredOption(
      "--token-file <file>",
      "holds the one-time token that the admin has created for this host",
    )
    .option("--replace", "the id is enrolled already, with another key, which is refused from then on")
    .requiredOption("--origin <url>", "base URL at which the edge reaches this connector")
    .requiredOption("--host <id>", "this host's id")
    .option("--listen-host <address>", "address to listen on", "::")
    .option("--listen-port <port>", "port to listen on", parsePortOption, DEFAULT_LISTEN_PORT)
    .option("--tls-certificate <file>", "PEM certificate chain")
    .option("--tls-key <file>", "PEM private key")
    .option(
      "--monitoring-port <port>",
      "port of 127.0.0.1 for /metrics, /healthz and /readyz",
      parsePortOption,
      DEFAULT_MONITORING_PORT,
    )
    .option("--client-ca <file>", "PEM certificates of those who issue the edge's client certificate")
    .option("--launcher <socket>", "Unix socket of the program that starts and ends guests")
    .option("--state <directory>", "where guests are kept", DEFAULT_STATE_DIRECTORY)
    .option("--control <socket>", "Unix socket of the control API", DEFAULT_CONTROL_SOCKET)
    .addOption(configOption())
    .action(reportFailure(enroll));
}

async function enroll(options: EnrollOptions): Promise<void> {
  const { tokenFile, replace = false } = options;
  await enrollHost(toConfig(options), { token: await readToken(tokenFile), replace }, options.config);
  console.log(`enrolled as ${options.host}; wrote ${options.config}`);
}

async function readToken(file: string): Promise<string> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (error) {
    throw new EnrollError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function toConfig(options: EnrollOptions): Config {
  const { tlsCertificate, tlsKey, clientCa } = options;
  return parseConfig({
    hostId: options.host,
    api: options.api,
    origin: options.origin,
    listen: { host: options.listenHost, port: options.listenPort },
    ...((tlsCertificate ?? tlsKey ?? clientCa) !== undefined && {
      tls: { certificateFile: tlsCertificate, keyFile: tlsKey, clientCaFile: clientCa },
    }),
    keyFile: `${options.state}/host-key.json`,
    stateDirectory: options.state,
    controlSocket: options.control,
    launcherSocket: options.launcher,
    monitoring: { port: options.monitoringPort },
  });
}
