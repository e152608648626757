import { execFile } from "node:child_process";

const IP_TIMEOUT_MS = 3_000;
const MAX_OUTPUT_BYTES = 1_048_576;

/** Runs iproute2's `ip`, without a shell. @throws {Error} with `ip`'s own words */
export function runIp(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const limits = { timeout: IP_TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES };
    execFile("ip", args, limits, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(stderr.trim() || error.message));
    });
  });
}
