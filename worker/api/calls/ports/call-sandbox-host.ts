import type { Refusal } from "../../../../shared/refusal/refusal.ts";
import { refuse } from "../../../../shared/refusal/refusal.ts";
import { callHost } from "../../../hosts/call-host.ts";
import type { HostRecord, SandboxDescription } from "../../../objects/messages.ts";
import type { ApiContext } from "../../api-environment.ts";

/** To the head of the response. A dial at the host takes up to 4 s. */
export const PORT_CALL_TIMEOUT_MS = 10_000;

/**
 * Makes one of the calls about guests in `shared/protocol/host-calls.ts`.
 *
 * @returns the response with status 200; `sandbox_not_found`, `too_many_connections`, `host_unreachable`
 */
export async function callSandboxHost(
  context: ApiContext,
  sandbox: Pick<SandboxDescription, "hostId">,
  path: string,
  call: RequestInit = {},
  timeoutMs = PORT_CALL_TIMEOUT_MS,
): Promise<Response | Refusal> {
  const { environment, edge } = context.env;
  const host: HostRecord | undefined = await environment.HOST.getByName(sandbox.hostId).read();
  if (host === undefined) return refuse("host_unreachable");
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), timeoutMs);
  try {
    const response = await callHost(edge.passes, host, path, { ...call, signal: abort.signal });
    if (response.status === 200) return response;
    await response.body?.cancel();
    if (response.status === 404) return refuse("sandbox_not_found");
    if (response.status === 503) return refuse("too_many_connections", { retryAfterS: 5 });
    return refuse("host_unreachable");
  } catch (error) {
    console.error({ event: "port_call_failed", host: host.id, error: String(error) });
    return refuse("host_unreachable");
  } finally {
    clearTimeout(timer);
  }
}
