import type { Logger } from "pino";
import { makeDirectory } from "../state/make-directory.ts";
import type { WorkersOption } from "./choose-workers.ts";
import { chooseWorkers } from "./choose-workers.ts";
import { inheritedDescriptors } from "./inherited-descriptors.ts";
import { notifySystemd, watchdogIntervalMs } from "./notify-systemd.ts";
import { readPlan } from "./read-plan.ts";
import { reloadReportPath, writeReloadReport } from "./reload-report.ts";
import { Supervisor } from "./supervisor.ts";

export interface RunSupervisorOptions {
  /** The program that children run, and its options that come first. */
  readonly command: readonly string[];
  readonly configFile: string;
  readonly workers: WorkersOption;
  readonly takesOver: boolean;
  readonly logLevel: string;
  readonly log: Logger;
  /** Number of the first inherited descriptor, if not systemd's. */
  readonly firstDescriptor?: number;
}

/**
 * Runs the connector in processes: SIGHUP reloads, the first SIGTERM or SIGINT drains, a second one ends at once.
 *
 * @throws {Error} where it cannot start
 */
export async function runSupervisor(options: RunSupervisorOptions): Promise<Supervisor> {
  const { command, configFile, workers, takesOver, logLevel, log, firstDescriptor } = options;
  const supervisor = new Supervisor({
    command,
    inherited: inheritedDescriptors(process.env, process.pid, firstDescriptor),
    takesOver,
    logLevel,
    chooseWorkers: () => chooseWorkers(workers),
    readPlan: () => readPlan(command, configFile),
    log,
  });
  const notify = (state: string): void => {
    notifySystemd(state, (error) => log.warn({ err: error }, "systemd is not notified"));
  };
  const { config } = await readPlan(command, configFile);
  const reportPath = reloadReportPath(config);
  await makeDirectory(reportPath);
  let reloads = 0;

  async function reload(): Promise<void> {
    let failure: string | undefined;
    try {
      await supervisor.reload();
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
      log.error({ failure }, "not reloaded: the former generation serves on");
    }
    reloads++;
    await report(failure);
  }

  /** A full disk must not end this process, and all its children with it. */
  async function report(failure?: string): Promise<void> {
    try {
      await writeReloadReport(reportPath, {
        pid: process.pid,
        reloads,
        ...(failure !== undefined && { failure }),
      });
    } catch (error) {
      log.error({ err: error }, "`preview-connector reload` does not see how the reload went");
    }
  }

  let stopping = false;
  function stop(signal: NodeJS.Signals): void {
    if (stopping) {
      log.warn({ signal }, "ending at once");
      process.exit(1);
    }
    stopping = true;
    notify("--stopping");
    void supervisor.stop().then(() => process.exit(0));
  }

  // Before the start: a signal that comes early must not end this process and leave its children.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stop(signal));
  process.on("SIGHUP", () => void reload());
  await supervisor.start();
  await report();
  notify("--ready");
  const intervalMs = watchdogIntervalMs(process.env);
  if (intervalMs !== undefined) setInterval(() => notify("WATCHDOG=1"), intervalMs);
  return supervisor;
}
