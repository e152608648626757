import type { PassSigner } from "../preview/pass-signer.ts";
import type { CalledHost } from "./call-host.ts";
import { callHost } from "./call-host.ts";

/** How long one delivery may take; the API call that makes a change waits for the first. */
const DELIVERY_TIMEOUT_MS = 2_000;

/**
 * Sends a host what it has to apply.
 *
 * @param event begins the names of the log's events
 * @returns whether the host has applied it
 */
export async function tellHost(
  host: CalledHost,
  passes: PassSigner,
  path: string,
  body: unknown,
  event: string,
): Promise<boolean> {
  try {
    const response = await callHost(passes, host, path, {
      method: "POST",
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(DELIVERY_TIMEOUT_MS),
    });
    await response.body?.cancel();
    if (response.ok) return true;
    console.error({ event: `${event}_refused`, host: host.id, status: response.status });
    return false;
  } catch (error) {
    console.error({ event: `${event}_not_delivered`, host: host.id, error: String(error) });
    return false;
  }
}
