import type { Refusal } from "../../../shared/refusal/refusal.ts";
import type { RefusedRequest } from "../policy/write-refusal.ts";
import { writeRefusal } from "../policy/write-refusal.ts";
import type { VisitorSide } from "./visitor-side.ts";

/**
 * Sends a refusal in place of a response of which nothing has gone out.
 *
 * @param mustClose no other request may come on the visitor's connection
 */
export function sendRefusal(
  visitor: VisitorSide,
  refusal: Refusal,
  request: Omit<RefusedRequest, "keepAlive">,
  mustClose: boolean,
): void {
  const { socket, writer, proven } = visitor;
  writer.discard();
  if (proven) socket.resume();
  if (mustClose || !proven || refusal.code === "pass_invalid") visitor.keepAlive = false;
  socket.write(writeRefusal(refusal, { ...request, keepAlive: visitor.keepAlive }));
}
