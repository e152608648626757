import type * as net from "node:net";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { writeUnread } from "../policy/write-refusal.ts";

/**
 * Refuses a visitor without reading its request, and frees its descriptor before the next visitor is accepted. Where the
 * request has come already, the socket ends with a reset behind the refusal.
 */
export function shedAtOnce(socket: net.Socket, refusal: Refusal): void {
  socket.on("error", () => {});
  socket.write(writeUnread(refusal));
  socket.destroy();
}
