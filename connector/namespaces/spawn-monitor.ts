import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { ipArguments } from "./namespace-request.ts";

export interface MonitorListener {
  /** `ip` printed a line: an interface or an id has changed. */
  onLine(line: string): void;
  /** The kernel had more events than its socket could hold: `ip` writes an error, and continues. */
  onGap(): void;
  /** Called once, also where it could not be started. */
  onEnd(): void;
}

/** Starts `ip monitor` for all namespaces. It ends at once without CAP_NET_BROADCAST. @returns a function that ends it */
export function spawnMonitor(listener: MonitorListener): () => void {
  const child = spawn("ip", ipArguments({ verb: "monitor" }), { stdio: ["ignore", "pipe", "pipe"] });
  let ended = false;
  const end = (): void => {
    if (!ended) listener.onEnd();
    ended = true;
  };
  child.unref();
  child.once("error", end);
  child.once("exit", end);
  createInterface({ input: child.stdout }).on("line", (line) => listener.onLine(line));
  child.stderr.on("data", () => listener.onGap());
  return () => child.kill();
}
