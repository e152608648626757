import type { Command } from "commander";
import type { Client } from "../client.ts";
import { PortClosedError } from "../errors.ts";
import type { ConnectionOptions } from "./credentials/open-client.ts";
import { openClient } from "./credentials/open-client.ts";
import { exitCodeOf } from "./exit-codes.ts";
import { Output } from "./output.ts";

export interface GlobalOptions extends ConnectionOptions {
  readonly json?: boolean;
}

export interface ActionContext<Options> {
  readonly options: Options & GlobalOptions;
  readonly output: Output;
  /** @throws {ConfigurationError} where there is no token */
  openClient(): Promise<Client>;
  /** Aborts by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Runs a command's action; an expected failure ends with a sentence and a documented exit code. */
export function runAction<Options>(
  action: (context: ActionContext<Options>, ...args: string[]) => Promise<void>,
): (...args: unknown[]) => Promise<void> {
  return async (...args) => {
    const command = args.at(-1) as Command;
    const options = command.optsWithGlobals<Options & GlobalOptions>();
    const output = new Output(options.json === true);
    const abort = new AbortController();
    const stop = (): void => abort.abort(new InterruptedError());
    process.once("SIGINT", stop);
    try {
      const context = { options, output, openClient: () => openClient(options), signal: abort.signal };
      await action(context, ...(args.slice(0, -2) as string[]));
    } catch (error) {
      report(error, output);
    } finally {
      process.removeListener("SIGINT", stop);
    }
  };
}

/** As a shell reports the end by SIGINT. */
export const INTERRUPTED = 130;

class InterruptedError extends Error {}

function report(error: unknown, output: Output): void {
  process.exitCode = error instanceof InterruptedError ? INTERRUPTED : exitCodeOf(error);
  if (error instanceof InterruptedError) return;
  const { message, code, status } = error as Error & { code?: string; status?: number };
  const openPorts = error instanceof PortClosedError ? error.openPorts : undefined;
  if (output.json) {
    const shown = { code: code ?? "failed", message, status, open_ports: openPorts };
    output.result({ error: shown }, "");
    return;
  }
  output.error(message);
  if (openPorts !== undefined && openPorts.length > 0) output.note(`Open ports: ${openPorts.join(", ")}`);
}
