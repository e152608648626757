import type { HealthResponse } from "../../shared/protocol/host-calls.ts";
import { HEALTH_PATH, healthResponseSchema } from "../../shared/protocol/host-calls.ts";
import type { PassSigner } from "../preview/pass-signer.ts";
import type { CalledHost } from "./call-host.ts";
import { callHost } from "./call-host.ts";

export const PROBE_TIMEOUT_MS = 5_000;

/** One lost packet must not close a host whose heartbeats do not arrive. */
const ATTEMPTS = 2;

/**
 * Asks a host whose heartbeats do not arrive whether it serves its visitors, on the way on which their requests go.
 *
 * @returns its response; `undefined` where there is none from a connector
 */
export async function probeHost(passes: PassSigner, host: CalledHost): Promise<HealthResponse | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const health = await probeOnce(passes, host);
    if (health !== undefined) return health;
  }
  return undefined;
}

async function probeOnce(passes: PassSigner, host: CalledHost): Promise<HealthResponse | undefined> {
  try {
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    const response = await callHost(passes, host, HEALTH_PATH, { signal });
    if (response.ok) return healthResponseSchema.safeParse(await response.json()).data;
    await response.body?.cancel();
  } catch {
    // No response, or none in JSON.
  }
  return undefined;
}
