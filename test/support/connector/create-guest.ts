import { Guest } from "../../../connector/guests/guest.ts";
import { createGeneration } from "../../../shared/generation.ts";
import { guestOfferSchema } from "../../../shared/protocol/control-api.ts";

/** A guest that has just started, with one open port. */
export function createGuest(sandboxId: string): Guest {
  const offer = guestOfferSchema.parse({ sandboxId, workspace: "ws_1", address: "10.0.0.2", ports: [3000] });
  return new Guest({ ...offer, generation: createGeneration(Date.now()) }, { onPortsChange() {} });
}
