import { HOST_SUBJECT, PASS_HEADER } from "../shared/pass.ts";
import type { PassPress } from "./pass-press.ts";

/** The port in a pass for the host itself; it addresses nothing. */
const HOST_PORT = 1;

export interface CalledHost {
  readonly id: string;
  /** Base URL of its connector, without a trailing slash. */
  readonly origin: string;
}

/**
 * Asks something of a host itself, and not of one of its sandboxes.
 *
 * @throws where the host does not answer
 */
export async function callHost(
  passes: PassPress,
  host: CalledHost,
  path: string,
  call: RequestInit,
): Promise<Response> {
  const target = { name: HOST_SUBJECT, sandboxId: HOST_SUBJECT, port: HOST_PORT };
  const pass = await passes.press(target, { hostId: host.id, generation: "", until: 0 }, Date.now());
  return fetch(host.origin + path, { ...call, headers: { [PASS_HEADER]: pass } });
}
