import { findFreePort } from "./free-port.ts";
import type { Spawn } from "./supervisor.ts";

/** Where the connector runs, and how edge and connector find each other from there. */
export interface HostPlace {
  /** Port on 127.0.0.1 where the connector listens, as itself sees it. */
  readonly listenPort: number;
  /** Port on 127.0.0.1 where the edge reaches it. */
  readonly originPort: number;
  readonly spawn?: Spawn;
  readonly launcherSocket?: string;
}

/** On this machine, beside the edge. */
export async function placeHere(): Promise<HostPlace> {
  const port = await findFreePort();
  return { listenPort: port, originPort: port };
}
