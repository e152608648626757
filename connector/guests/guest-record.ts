import type { z } from "zod";
import { guestOfferSchema } from "../../shared/protocol/control-api.ts";
import { generationSchema } from "../../shared/protocol/schemas.ts";

/** An attached guest, as its file on disk holds it. */
export const guestRecordSchema = guestOfferSchema.extend({ generation: generationSchema });

export type GuestRecord = z.output<typeof guestRecordSchema>;
