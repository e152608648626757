import { describe, expect, test } from "vitest";
import { guestRecordSchema } from "../../../../connector/guests/guest-record.ts";
import { createGeneration } from "../../../../shared/generation.ts";
import { guestOfferSchema } from "../../../../shared/protocol/control-api.ts";

const OFFER = guestOfferSchema.parse({
  sandboxId: "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b",
  workspace: "ws_1",
  address: "10.0.0.2",
});
const RECORD = { ...OFFER, generation: createGeneration(1_800_000_000_000) };

describe("guestRecordSchema", () => {
  test("needs a generation of the right form", () => {
    expect(guestRecordSchema.safeParse(RECORD).success).toBe(true);
    expect(guestRecordSchema.safeParse({ ...RECORD, generation: "5-abc" }).success).toBe(false);
    expect(guestRecordSchema.safeParse(OFFER).success).toBe(false);
  });
});
