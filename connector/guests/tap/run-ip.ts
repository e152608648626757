import { execFile } from "node:child_process";

const IP_TIMEOUT_MS = 3_000;

/** Runs iproute2's `ip` in the connector's own namespace, or a named one. @throws {Error} with `ip`'s own words */
export function runIp(args: readonly string[], namespace?: string): Promise<string> {
  const inNamespace = namespace === undefined ? [] : ["-n", namespace];
  return new Promise((resolve, reject) => {
    execFile("ip", [...inNamespace, ...args], { timeout: IP_TIMEOUT_MS }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(stderr.trim() || error.message));
    });
  });
}
