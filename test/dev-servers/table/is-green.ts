import type { ServerResult } from "../run-server.ts";

/** Whether the server was run, and passed all of its checks over both flavours of URL. */
export function isGreen({ checks, notRun }: ServerResult): boolean {
  return notRun === undefined && checks.every(({ failure }) => failure === undefined);
}
