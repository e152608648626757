import { setTimeout } from "node:timers/promises";
import { findPortProblem } from "../../find-port-problem.ts";
import { StartError } from "../start-error.ts";

const POLL_MS = 100;
const MAX_PORT = 65_535;
const LOOPBACK = "127.0.0.1";
/** Browsers that try `*.localhost` here first would reach another server there. */
const LOOPBACK_6 = "::1";

/**
 * Makes sure that the edge can listen on a port of this machine.
 *
 * @param waitMs for how long the port may still be in use, by a former start that is ending
 * @throws {StartError} with what prevents it, and a port that is free
 */
export async function assertPortFree(port: number, waitMs = 0): Promise<void> {
  const untilMs = Date.now() + waitMs;
  for (;;) {
    const problem = await findProblem(port);
    if (problem === undefined) return;
    if (problem !== "EADDRINUSE" || Date.now() >= untilMs) throw await describeProblem(port, problem);
    await setTimeout(POLL_MS);
  }
}

async function findProblem(port: number): Promise<string | undefined> {
  const problem = await findPortProblem(LOOPBACK, port);
  if (problem !== undefined) return problem;
  return (await findPortProblem(LOOPBACK_6, port)) === "EADDRINUSE" ? "EADDRINUSE" : undefined;
}

async function describeProblem(port: number, problem: string): Promise<StartError> {
  if (problem === "EACCES" || problem === "EPERM")
    return new StartError(
      `You may not listen on port ${port}: this system keeps it for root. Choose another: npm start -- --port 8787`,
    );
  if (problem !== "EADDRINUSE")
    return new StartError(`Port ${port} of ${LOOPBACK} cannot be used (${problem}).`);
  const other = await findFreeAfter(port);
  return new StartError(
    `Port ${port} is in use on this machine. Choose another: npm start -- --port ${other}`,
  );
}

async function findFreeAfter(port: number): Promise<number> {
  for (let other = port + 1; other <= MAX_PORT; other++)
    if ((await findProblem(other)) === undefined) return other;
  return 8787;
}
