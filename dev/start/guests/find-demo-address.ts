import { findFreePort } from "../../find-free-port.ts";
import { findPortProblem } from "../../find-port-problem.ts";
import type { GuestAddress } from "../parse-options.ts";

/**
 * No development server's default. A server that wants to listen on all addresses of this machine finds its port in use
 * by a listener on any loopback address: with the demo on 3000, Next.js would move to 3001.
 */
const DEMO_PORT = 4700;

/** On Linux all of 127.0.0.0/8 is this machine, so the demo has an address, and thereby all ports, to itself. */
const CANDIDATES: readonly GuestAddress[] = [
  { host: "127.77.0.1", port: DEMO_PORT },
  { host: "127.77.0.2", port: DEMO_PORT },
  { host: "127.0.0.1", port: DEMO_PORT },
];

/** An address at which the demo can listen; its port is 4700 unless that is in use at every candidate. */
export async function findDemoAddress(): Promise<GuestAddress> {
  for (const candidate of CANDIDATES)
    if ((await findPortProblem(candidate.host, candidate.port)) === undefined) return candidate;
  return { host: "127.0.0.1", port: await findFreePort() };
}
