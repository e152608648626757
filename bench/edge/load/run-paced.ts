import { Agent, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

export interface PacedLoad {
  readonly port: number;
  readonly hostname: string;
  readonly perSecond: number;
  readonly seconds: number;
}

/**
 * Sends requests at a mean rate with exponential gaps, as independent visitors do. A late request does not delay the
 * moments of later ones.
 *
 * @returns how many were sent
 * @throws {Error} where a response is not a success
 */
export async function runPaced({ port, hostname, perSecond, seconds }: PacedLoad): Promise<number> {
  const agent = new Agent({ keepAlive: true });
  const responses: Promise<void>[] = [];
  const startMs = performance.now();
  let dueMs = 0;
  for (;;) {
    dueMs += (-Math.log(1 - Math.random()) * 1000) / perSecond;
    if (dueMs > seconds * 1000) break;
    const waitMs = startMs + dueMs - performance.now();
    if (waitMs > 0) await pause(waitMs);
    responses.push(visit(agent, port, hostname));
  }
  await Promise.all(responses).finally(() => agent.destroy());
  return responses.length;
}

function visit(agent: Agent, port: number, host: string): Promise<void> {
  return new Promise((done, fail) => {
    const sent = request({ agent, port, host: "127.0.0.1", headers: { host } }, (response) => {
      response.resume().on("end", () => {
        if (response.statusCode === 200) done();
        else fail(new Error(`the response of ${host} was ${response.statusCode}`));
      });
    });
    sent.on("error", fail);
    sent.end();
  });
}
