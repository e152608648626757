import type { Refusal } from "../../shared/refusal/refusal.ts";
import { isRefusal } from "../../shared/refusal/refusal.ts";
import { sha256Hex } from "../../shared/sha256-hex.ts";
import type { Environment } from "../environment.ts";
import type { SandboxDescription, SandboxOwner } from "../objects/messages.ts";
import { findApiToken, isLive } from "../policy/api-tokens.ts";
import { parseTokenKind } from "../policy/token-secret.ts";
import type { RequestRecord } from "./request-record.ts";

/**
 * Adds the edge's share of a preview's time as `server-timing`, for the owner of the sandbox.
 *
 * The app has responded by now: a failure here must not fail the request.
 *
 * @param apiToken of the sandbox's workspace or org; with any other the response stays as it is
 */
export async function addTiming(
  response: Response,
  record: RequestRecord,
  apiToken: string,
  environment: Environment,
): Promise<Response> {
  const { address, startedMs, admittedMs } = record;
  const headMs = Date.now();
  if (address === undefined || admittedMs === undefined || response.status === 101) return response;
  try {
    if (!(await isOwner(apiToken, address.sandboxId, environment))) return response;
  } catch (error) {
    console.error({ event: "timing_not_added", request: record.requestId, error: String(error) });
    return response;
  }
  const timed = new Response(response.body, response);
  timed.headers.append(
    "server-timing",
    `edge;dur=${admittedMs - startedMs}, host;dur=${headMs - admittedMs}`,
  );
  return timed;
}

async function isOwner(apiToken: string, sandboxId: string, environment: Environment): Promise<boolean> {
  // What is no token by its form costs no look-up.
  const kind = parseTokenKind(apiToken);
  if (kind !== "workspace" && kind !== "org") return false;
  const caller = await findApiToken(environment.POLICY, await sha256Hex(apiToken));
  if (caller === undefined || !isLive(caller, Date.now())) return false;
  const sandbox = environment.SANDBOX.getByName(sandboxId);
  if (caller.scope === "org") {
    const owner: SandboxOwner | undefined = await sandbox.readOwner();
    return owner?.org === caller.org;
  }
  const description: SandboxDescription | Refusal = await sandbox.describe(caller.workspace);
  return !isRefusal(description);
}
