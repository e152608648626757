import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { isRefusal } from "../../../shared/refusal/refusal.ts";
import type { StreamedGuest } from "./streamed-guest.ts";

/** Connects to a port as a request would, and closes the connection. @returns why it could not connect */
export async function dialOnce(guest: StreamedGuest, port: number): Promise<Refusal | undefined> {
  const upstream = guest.findUpstream(port);
  if (isRefusal(upstream)) return upstream;
  const dialled = await upstream.dial();
  if (isRefusal(dialled)) return dialled;
  dialled.destroy();
  return undefined;
}
