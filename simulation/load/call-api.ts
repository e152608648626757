import { ERROR_HEADER } from "../../shared/protocol/headers.ts";
import { API } from "../deployment.ts";
import type { World } from "../world.ts";

export interface ApiCall {
  /** What its cost is put down to. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly token: string;
  readonly body?: unknown;
}

/**
 * Calls the edge's API.
 *
 * @returns `undefined` for a response that is not a success; it is kept in `world.failures`
 */
export async function callApi<Result>(world: World, call: ApiCall): Promise<Result | undefined> {
  const { name, method, path, token, body } = call;
  const request = new Request(API + path, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  await world.time.sleep(1);
  world.countApiCall(name);
  const response = await world.ledger.run(name, () =>
    world.modules.worker.fetch(request, world.environment, CONTEXT),
  );
  world.log.countRequest(response.headers.get(ERROR_HEADER) ?? undefined, false);
  const text = await response.text();
  if (!response.ok) {
    world.failures.push(`${method} ${path}: ${response.status} ${text}`);
    return undefined;
  }
  return text === "" ? undefined : (JSON.parse(text) as Result);
}

const CONTEXT = { waitUntil: () => {}, passThroughOnException: () => {} };
