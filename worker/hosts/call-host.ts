import { PASS_HEADER } from "../../shared/protocol/headers.ts";
import type { PassSigner } from "../preview/pass-signer.ts";
import { fetchHost } from "./fetch-host.ts";

export interface CalledHost {
  readonly id: string;
  /** Base URL of its connector, without a trailing slash. */
  readonly origin: string;
}

/**
 * Makes one of the calls of `shared/protocol/host-calls.ts`. A redirect is not followed: it would lead the pass, and the
 * edge, wherever the host wants.
 *
 * @throws where the host does not respond, or redirects
 */
export async function callHost(
  passes: PassSigner,
  host: CalledHost,
  path: string,
  call: RequestInit,
): Promise<Response> {
  const pass = await passes.signForHost(host.id, Date.now());
  const headers = { [PASS_HEADER]: pass };
  const response = await fetchHost(host.origin + path, { ...call, headers, redirect: "manual" });
  if (response.status < 300 || response.status >= 400) return response;
  await response.body?.cancel();
  throw new Error(`the host responded with ${response.status}: redirects are not followed`);
}
