import * as http from "node:http";
import type { GuestOfferBody } from "../../../shared/protocol/control-api.ts";
import { GUESTS_PATH } from "../../../shared/protocol/control-api.ts";

/** A program that starts guests makes so many calls at once. */
const CALLS_AT_ONCE = 32;

/**
 * Attaches guests by the control API, as a program that starts them does.
 *
 * @throws {Error} for a response other than 201
 */
export async function attachAll(controlSocket: string, offers: readonly GuestOfferBody[]): Promise<void> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: CALLS_AT_ONCE });
  const waiting = [...offers];
  async function attachNext(): Promise<void> {
    for (let offer = waiting.pop(); offer !== undefined; offer = waiting.pop())
      await attach(agent, controlSocket, offer);
  }
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, attachNext));
  agent.destroy();
}

function attach(agent: http.Agent, socketPath: string, offer: GuestOfferBody): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = http.request({ agent, socketPath, method: "POST", path: GUESTS_PATH }, (response) => {
      response.resume();
      if (response.statusCode === 201) response.on("end", resolve);
      else reject(new Error(`attach: ${response.statusCode}`));
    });
    request.on("error", reject);
    request.end(JSON.stringify(offer));
  });
}
