import { PASS_HEADER } from "../../shared/protocol/headers.ts";
import type { PassSigner } from "../preview/pass-signer.ts";

export interface CalledHost {
  readonly id: string;
  /** Base URL of its connector, without a trailing slash. */
  readonly origin: string;
}

/**
 * Makes one of the calls of `shared/protocol/host-calls.ts`.
 *
 * @throws where the host does not respond
 */
export async function callHost(
  passes: PassSigner,
  host: CalledHost,
  path: string,
  call: RequestInit,
): Promise<Response> {
  const pass = await passes.signForHost(host.id, Date.now());
  return fetch(host.origin + path, { ...call, headers: { [PASS_HEADER]: pass } });
}
