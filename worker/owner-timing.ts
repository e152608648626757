import type { Refusal } from "../shared/refusal.ts";
import { isRefusal } from "../shared/refusal.ts";
import type { Environment } from "./environment.ts";
import type { SandboxDescription } from "./objects/sandbox.ts";
import { findApiToken } from "./policy.ts";
import type { RequestRecord } from "./request-record.ts";
import { sha256Hex } from "./sha256.ts";

/**
 * Adds the edge's share of a preview's time as `server-timing`, for whoever owns the sandbox.
 *
 * @param token an API token of the sandbox's workspace; with any other the answer stays as it is
 */
export async function addTiming(
  response: Response,
  record: RequestRecord,
  token: string,
  environment: Environment,
): Promise<Response> {
  const { address, startedMs, admittedMs } = record;
  const headMs = Date.now();
  if (address === undefined || admittedMs === undefined || response.status === 101) return response;
  const caller = await findApiToken(environment.POLICY, await sha256Hex(token));
  if (caller === undefined) return response;
  const sandbox: SandboxDescription | Refusal = await environment.SANDBOX.getByName(
    address.sandboxId,
  ).describe(caller.workspace);
  if (isRefusal(sandbox)) return response;
  const timed = new Response(response.body, response);
  timed.headers.append(
    "server-timing",
    `edge;dur=${admittedMs - startedMs}, host;dur=${headMs - admittedMs}`,
  );
  return timed;
}
