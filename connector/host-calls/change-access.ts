import { z } from "zod";
import type { RevocationResponse } from "../../shared/protocol/host-calls.ts";
import { accessChangeSchema, decodeAccessChange } from "../../shared/protocol/host-calls.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { refuse } from "../../shared/refusal/refusal.ts";
import type { AccessChanges } from "../access/access-changes.ts";
import { errorResponse } from "../control/error-response.ts";
import type { JsonResponse } from "../control/serve-json.ts";
import type { Guest } from "../guests/guest.ts";
import type { GuestTable } from "../guests/guest-table.ts";
import type { Destination, Relay } from "../relay/relay.ts";

export interface AccessContext {
  readonly accessChanges: AccessChanges;
  readonly guests: Pick<GuestTable, "find">;
  readonly relay: Pick<Relay, "cut">;
}

/** Remembers who may visit a sandbox's ports, then cuts the requests and tunnels that are not allowed any more. */
export function changeAccess(body: unknown, { accessChanges, guests, relay }: AccessContext): JsonResponse {
  const parsed = accessChangeSchema.safeParse(body);
  if (!parsed.success) return errorResponse(400, z.prettifyError(parsed.error));
  const nowMs = Date.now();
  const change = decodeAccessChange(parsed.data);
  const isNewest = accessChanges.add(change, nowMs);
  const findReason = ({ upstream, link }: Destination): Refusal | undefined => {
    const { guest, port } = upstream;
    if (guest.sandboxId !== change.sandboxId) return undefined;
    const refusal = accessChanges.check({ sandboxId: guest.sandboxId, port, link }, nowMs);
    if (refusal !== undefined || !accessChanges.closesLoopback(guest.sandboxId, nowMs)) return refusal;
    return isDirect(guests.find(guest.sandboxId), port) ? undefined : refuse("port_closed");
  };
  return { status: 200, body: { cut: isNewest ? relay.cut(findReason) : 0 } satisfies RevocationResponse };
}

/** Not so where nothing listens yet: a request that waits for the port would reach whatever listens there later. */
function isDirect(guest: Guest | undefined, port: number): boolean {
  return guest?.ports.includes(port) === true && !guest.isLoopbackOnly(port);
}
