import { API } from "../deployment.ts";
import type { World } from "../world.ts";

/**
 * Calls the edge's API.
 *
 * @returns `undefined` for a response that is not a success; it is kept in `world.failures`
 */
export async function callApi<Result>(
  world: World,
  method: string,
  path: string,
  token: string,
  body?: unknown,
): Promise<Result | undefined> {
  const request = new Request(API + path, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  await world.time.sleep(1);
  const response = await world.modules.worker.fetch(request, world.environment, CONTEXT);
  const text = await response.text();
  if (!response.ok) {
    world.failures.push(`${method} ${path}: ${response.status} ${text}`);
    return undefined;
  }
  return text === "" ? undefined : (JSON.parse(text) as Result);
}

const CONTEXT = { waitUntil: () => {}, passThroughOnException: () => {} };
