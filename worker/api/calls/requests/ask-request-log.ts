import type * as z from "zod";
import { logRefusalSchema } from "../../../../shared/protocol/request-log.ts";
import type { Refusal } from "../../../../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../../../../shared/refusal/refusal.ts";
import { readHostJson } from "../../../hosts/read-host-json.ts";
import type { SandboxDescription } from "../../../objects/messages.ts";
import type { ApiContext } from "../../api-environment.ts";
import { callSandboxHost } from "../ports/call-sandbox-host.ts";

const TOO_MANY_RETRY_S = 5;

/**
 * Asks a sandbox's host about the requests that it keeps, as `shared/protocol/request-log.ts` says.
 *
 * @param schema of the response: what a host says is checked before anybody gets it
 * @returns the response, or the host's refusal; `host_unreachable` for a response that is not in the contract
 */
export async function askRequestLog<Schema extends z.ZodType>(
  context: ApiContext,
  sandbox: SandboxDescription,
  path: string,
  body: unknown,
  schema: Schema,
  timeoutMs?: number,
): Promise<z.output<Schema> | Refusal> {
  const call = { method: "POST", body: JSON.stringify(body) };
  const response = await callSandboxHost(context, sandbox, path, call, timeoutMs);
  if (isRefusal(response)) return response;
  const json = await readHostJson(response);
  const refused = logRefusalSchema.safeParse(json);
  if (refused.success) {
    const { code, detail, errors } = refused.data.refusal;
    return refuse(code === "guest_not_here" ? "sandbox_not_found" : code, {
      ...(detail !== undefined && { detail }),
      ...(errors !== undefined && { errors }),
      ...(code === "too_many_connections" && { retryAfterS: TOO_MANY_RETRY_S }),
    });
  }
  const parsed = schema.safeParse(json);
  return parsed.success ? parsed.data : refuse("host_unreachable");
}

/** Fields that are masked, by ports, for the host. */
export function masksOf({ masks = [] }: SandboxDescription): { port: number; names: string[] }[] {
  return masks.map(({ port, names }) => ({ port, names: [...names] }));
}
