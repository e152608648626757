import { randomBytes } from "node:crypto";
import * as net from "node:net";
import { z } from "zod";
import { MAX_PORTS_PER_SANDBOX } from "../../shared/port.ts";
import { sandboxIdSchema } from "../sandbox-id-schema.ts";

const port = z.int().min(1).max(65_535);

/** What whoever starts guests tells the connector about one. */
export const guestOfferSchema = z.strictObject({
  sandboxId: sandboxIdSchema,
  workspace: z.string().min(1).max(63),
  /** IP address at which this host reaches the guest. */
  address: z.string().refine((text) => net.isIP(text) !== 0, "must be an IP address"),
  /** Interface over which it does. */
  tap: z
    .string()
    .regex(/^[^\s/]{1,15}$/, "must be an interface name")
    .optional(),
  /** Network namespace that holds the interface, where it is not the connector's own. */
  namespace: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, "must be the name of a network namespace")
    .optional(),
  /** Where the agent listens, if not on the port that all agents share; never proxied. */
  agentPort: port.optional(),
  /** Ports known to be open before anybody has asked. */
  ports: z.array(port).max(MAX_PORTS_PER_SANDBOX).default([]),
  /** Ports whose apps are told their public name; the others believe in localhost. */
  publicPorts: z.array(port).max(MAX_PORTS_PER_SANDBOX).default([]),
});

/** An attached guest, as its file on disk holds it. */
export const guestRecordSchema = guestOfferSchema.extend({
  generation: z.string().regex(/^\d{13}-[a-z0-9]{8}$/),
});

export type GuestOffer = z.infer<typeof guestOfferSchema>;
export type GuestRecord = z.infer<typeof guestRecordSchema>;

/**
 * Names one start of a guest: unix milliseconds, which give an order, and randomness, which makes it unique.
 */
export function createGeneration(nowMs: number): string {
  return `${String(nowMs).padStart(13, "0")}-${randomBytes(4).toString("hex")}`;
}

/** Unix milliseconds at which a generation started. */
export function generationStart(generation: string): number {
  return Number.parseInt(generation, 10);
}
