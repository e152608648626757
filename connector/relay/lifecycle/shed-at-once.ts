import type * as net from "node:net";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { writeUnread } from "../policy/write-refusal.ts";

/**
 * Refuses a visitor without waiting for its request, and gives its descriptor back before the next one is accepted.
 * A request that is there already makes the end a reset, behind the refusal.
 */
export function shedAtOnce(socket: net.Socket, refusal: Refusal): void {
  socket.on("error", () => {});
  socket.write(writeUnread(refusal));
  socket.destroy();
}
