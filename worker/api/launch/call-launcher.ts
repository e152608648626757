import { hostErrorSchema } from "../../../shared/protocol/host-calls.ts";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { refuse } from "../../../shared/refusal/refusal.ts";
import type { CalledHost } from "../../hosts/call-host.ts";
import { callHost } from "../../hosts/call-host.ts";
import type { PassSigner } from "../../preview/pass-signer.ts";

/**
 * Makes one of the calls about sandboxes in `shared/protocol/host-calls.ts`.
 *
 * @returns the response's JSON once the host has done it; `request_invalid` where it refuses the request,
 *   `launcher_missing`, or `host_unreachable`
 */
export async function callLauncher(
  passes: PassSigner,
  host: CalledHost,
  path: string,
  call: RequestInit,
  timeoutMs: number,
): Promise<{ readonly json: unknown } | Refusal> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await callHost(passes, host, path, { ...call, signal });
    if (response.ok) return { json: await response.json().catch(() => undefined) };
    if (response.status === 501) return refuse("launcher_missing");
    const { error } = hostErrorSchema.parse(await response.json());
    return response.status === 400
      ? refuse("request_invalid", error === undefined ? {} : { detail: error })
      : refuse("host_unreachable", { detail: "The host could not do that." });
  } catch (error) {
    console.error({ event: "launcher_unreachable", host: host.id, error: String(error) });
    return refuse("host_unreachable");
  }
}
