import { findFreePort, isPortFree } from "./free-port.ts";
import type { GuestAddress } from "./parse-options.ts";

const DEMO_PORT = 3000;

/** On Linux all of 127.0.0.0/8 is this machine, so the demo has an address, and thereby all ports, to itself. */
const CANDIDATES: readonly GuestAddress[] = [
  { host: "127.77.0.1", port: DEMO_PORT },
  { host: "127.77.0.2", port: DEMO_PORT },
  { host: "127.0.0.1", port: DEMO_PORT },
];

/** Where the demo can listen: port 3000 if at all possible. */
export async function demoAddress(): Promise<GuestAddress> {
  for (const candidate of CANDIDATES) if (await isPortFree(candidate.host, candidate.port)) return candidate;
  return { host: "127.0.0.1", port: await findFreePort() };
}
