import { findFreePort } from "../../find-free-port.ts";
import { isPortFree } from "../../is-port-free.ts";
import type { GuestAddress } from "../parse-options.ts";

const DEMO_PORT = 3000;

/** On Linux all of 127.0.0.0/8 is this machine, so the demo has an address, and thereby all ports, to itself. */
const CANDIDATES: readonly GuestAddress[] = [
  { host: "127.77.0.1", port: DEMO_PORT },
  { host: "127.77.0.2", port: DEMO_PORT },
  { host: "127.0.0.1", port: DEMO_PORT },
];

/** An address at which the demo can listen; its port is 3000 unless that is in use at every candidate. */
export async function findDemoAddress(): Promise<GuestAddress> {
  for (const candidate of CANDIDATES) if (await isPortFree(candidate.host, candidate.port)) return candidate;
  return { host: "127.0.0.1", port: await findFreePort() };
}
