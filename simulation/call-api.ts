import { API, type World } from "./world.ts";

/** Makes a call to the edge's API, as whoever has the token; what is not a success is noted. */
export async function callApi<Answer>(
  world: World,
  method: string,
  path: string,
  token: string,
  body?: unknown,
): Promise<Answer | undefined> {
  const request = new Request(API + path, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  await world.time.sleep(1);
  const answer = await world.modules.worker.fetch(request, world.environment, CONTEXT);
  const text = await answer.text();
  if (!answer.ok) {
    world.failures.push(`${method} ${path}: ${answer.status} ${text}`);
    return undefined;
  }
  return text === "" ? undefined : (JSON.parse(text) as Answer);
}

const CONTEXT = { waitUntil: () => {}, passThroughOnException: () => {} };
