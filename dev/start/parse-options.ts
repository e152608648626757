import * as net from "node:net";
import { Command, InvalidArgumentError } from "commander";
import { parsePort } from "../../shared/port.ts";

export interface GuestAddress {
  readonly host: string;
  readonly port: number;
}

export interface StartOptions {
  readonly port: number;
  readonly json: boolean;
  readonly defaultLimits: boolean;
  /** Servers that already run; empty for the demo. */
  readonly guests: readonly GuestAddress[];
  /** Ports whose apps see the preview's own hostname in place of localhost. */
  readonly publicPorts?: readonly number[];
  /** Boot a real microVM as the guest. */
  readonly microvm: boolean;
  readonly stateDirectory: string;
  /** Print a line for each request that reaches the edge. */
  readonly logRequests?: boolean;
  /** Open the preview in the browser. */
  readonly open?: boolean;
  /** A launcher that runs here, so that the API can start sandboxes. */
  readonly launcherSocket?: string;
}

const DEFAULT_PORT = 8787;

/** Reads `npm start -- …`. Ends the process with a sentence on a wrong option. */
export function parseOptions(argv: readonly string[]): StartOptions {
  const program = new Command("npm start --")
    .description("Runs the whole system on this machine: edge, connector and a guest.")
    .option("--port <port>", "port of the edge", toPort, DEFAULT_PORT)
    .option("--guest <host:port>", "attach a server that already runs here (repeatable)", collectGuests, [])
    .option("--public-port <port>", "an app on this port sees its public name (repeatable)", collectPorts, [])
    .option("--microvm", "boot a real microVM with a Vite project as the guest (Linux, root, QEMU)", false)
    .option("--launcher <socket>", "start sandboxes by the launcher on this Unix socket")
    .option("--log-requests", "print a line for each request", false)
    .option("--open", "open the preview in the browser", false)
    .option("--json", "print one line of JSON when ready, and nothing else", false)
    .option("--default-limits", "keep the product's limit of 1 request/s, burst 10", false)
    .option("--state <directory>", "where everything is kept", ".preview")
    .parse([...argv], { from: "user" });
  const options = program.opts<{
    port: number;
    guest: GuestAddress[];
    publicPort: number[];
    microvm: boolean;
    json: boolean;
    defaultLimits: boolean;
    state: string;
    logRequests: boolean;
    open: boolean;
    launcher?: string;
  }>();
  return {
    port: options.port,
    json: options.json,
    defaultLimits: options.defaultLimits,
    guests: options.guest,
    publicPorts: options.publicPort,
    microvm: options.microvm,
    stateDirectory: options.state,
    logRequests: options.logRequests,
    open: options.open,
    ...(options.launcher !== undefined && { launcherSocket: options.launcher }),
  };
}

function toPort(text: string): number {
  const port = parsePort(text);
  if (port === undefined) throw new InvalidArgumentError("must be a port from 1 to 65535");
  return port;
}

function collectPorts(text: string, ports: readonly number[]): number[] {
  return [...ports, toPort(text)];
}

function collectGuests(text: string, guests: GuestAddress[]): GuestAddress[] {
  const [, bracketed, plain, portText = ""] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text) ?? [];
  const named = bracketed ?? plain ?? "";
  const host = named === "localhost" ? "127.0.0.1" : named;
  const port = parsePort(portText);
  if (net.isIP(host) === 0 || port === undefined) {
    throw new InvalidArgumentError("must be an address and port, like 127.0.0.1:5173 or [::1]:5173");
  }
  return [...guests, { host, port }];
}
