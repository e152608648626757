import { findFreePort } from "../../find-free-port.ts";
import type { Spawn } from "../supervisor.ts";

/** Where the connector runs, and how edge and connector reach each other from there. */
export interface HostPlace {
  /** Port on 127.0.0.1 where the connector listens, in its own network namespace. */
  readonly listenPort: number;
  /** Port on 127.0.0.1 where the edge reaches the connector. */
  readonly originPort: number;
  readonly spawn?: Spawn;
  readonly launcherSocket?: string;
}

/**
 * On this machine, beside the edge.
 *
 * @param launcherSocket of a launcher that runs here (`shared/protocol/control-api.ts`)
 */
export async function placeHere(launcherSocket?: string): Promise<HostPlace> {
  const port = await findFreePort();
  return { listenPort: port, originPort: port, ...(launcherSocket !== undefined && { launcherSocket }) };
}
