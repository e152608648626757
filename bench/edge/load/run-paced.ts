import { Agent, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

export interface PacedLoad {
  readonly port: number;
  readonly hostname: string;
  readonly perSecond: number;
  readonly seconds: number;
}

/**
 * Sends requests at a mean rate with exponential gaps, as independent visitors do; a late one is made up for.
 *
 * @returns how many were answered
 * @throws {Error} where an answer is not a success
 */
export async function runPaced({ port, hostname, perSecond, seconds }: PacedLoad): Promise<number> {
  const agent = new Agent({ keepAlive: true });
  const answers: Promise<void>[] = [];
  const startMs = performance.now();
  let dueMs = 0;
  for (;;) {
    dueMs += (-Math.log(1 - Math.random()) * 1000) / perSecond;
    if (dueMs > seconds * 1000) break;
    const waitMs = startMs + dueMs - performance.now();
    if (waitMs > 0) await pause(waitMs);
    answers.push(visit(agent, port, hostname));
  }
  await Promise.all(answers).finally(() => agent.destroy());
  return answers.length;
}

function visit(agent: Agent, port: number, host: string): Promise<void> {
  return new Promise((done, fail) => {
    const sent = request({ agent, port, host: "127.0.0.1", headers: { host } }, (response) => {
      response.resume().on("end", () => {
        if (response.statusCode === 200) done();
        else fail(new Error(`${host} answered ${response.statusCode}`));
      });
    });
    sent.on("error", fail);
    sent.end();
  });
}
