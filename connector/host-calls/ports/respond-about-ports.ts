import { parsePort } from "../../../shared/port.ts";
import { dialPath, GUESTS_PREFIX, portEventsPath } from "../../../shared/protocol/host-calls.ts";
import { errorResponse } from "../../control/error-response.ts";
import type { JsonCall, JsonResponse, StreamResponse } from "../../control/serve-json.ts";
import { dialPort } from "./dial-port.ts";
import type { PortStreams } from "./port-streams.ts";
import type { StreamedGuest } from "./streamed-guest.ts";

export interface PortContext {
  readonly guests: { find(sandboxId: string): StreamedGuest | undefined };
  readonly streams: PortStreams;
}

const NO_ROOM = errorResponse(503, "as many port streams as this host serves are open");

/** @returns the response to a call about a guest's ports; `undefined` where there is no such guest or resource */
export async function respondAboutPorts(
  { method, path, body }: JsonCall,
  { guests, streams }: PortContext,
): Promise<JsonResponse | StreamResponse | undefined> {
  const [pathname = "", query = ""] = path.split("?", 2);
  const [sandboxId = ""] = pathname.slice(GUESTS_PREFIX.length).split("/", 1);
  const guest = guests.find(sandboxId);
  if (guest === undefined) return undefined;
  if (method === "POST" && path === dialPath(sandboxId)) return dialPort(guest, body);
  if (method !== "GET" || pathname !== portEventsPath(sandboxId)) return undefined;
  if (!streams.hasRoom(guest)) return NO_ROOM;
  const dialled = parsePort(query.replace(/^dial=/, ""));
  return { write: (response) => streams.open(guest, dialled, response) };
}
