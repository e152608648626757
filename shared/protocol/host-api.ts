import * as z from "zod";
import type { Generation } from "../generation.ts";
import { accessSchema, generationSchema, portsSchema, uuidSchema } from "./schemas.ts";

/**
 * The calls of a connector to the edge, over the REST API at `POST /v1/hosts/{host}/{verb}`, each call with a host token
 * (`host-token.ts`):
 *
 * | verb | body | response |
 * | --- | --- | --- |
 * | `attach` | `attachSchema` | `guestSchema` |
 * | `detach` | `guestSchema` | `guestSchema` |
 * | `ports` | `portReportSchema` | `portReportResponseSchema` |
 * | `heartbeat` | `heartbeatSchema` | `heartbeatResponseSchema` |
 *
 * `attach` is refused with `generation_ended` where the edge has ended that generation, and this host was the last to
 * have the sandbox: the host announces the guest in a new generation. Each call is refused with `conflict` where another
 * connector of the same host was heard less than `INSTANCE_HOLD_MS` ago (`host-token.ts`).
 */

export type HostApiVerb = "attach" | "detach" | "ports" | "heartbeat";

/** Guests that one host may have, and so the longest list in a heartbeat. */
export const MAX_GUESTS_PER_HOST = 10_000;

/** Time between two heartbeats of a connector. */
export const HEARTBEAT_INTERVAL_MS = 15_000;

/** For so long after the edge has heard one instance of a host's connector, it refuses another one. */
export const INSTANCE_HOLD_MS = 60_000;

/** The keys with which connectors verify passes: a JWK Set (RFC 7517). */
export const JWKS_PATH = "/.well-known/jwks.json";

/** One start of one guest. */
export const guestSchema = z.strictObject({ sandbox_id: uuidSchema, generation: generationSchema });

const openPorts = portsSchema.describe("TCP ports that listen inside.");

const loopbackPorts = portsSchema.optional().describe("Those of them whose servers listen on loopback only.");

export const attachSchema = guestSchema.extend({
  ports: openPorts,
  loopback_ports: loopbackPorts,
  access: accessSchema.optional().describe("For ports for which nothing else is said."),
  workspace: z.string().min(1).max(63).meta({ description: "Its workspace.", example: "acme" }),
});

export const portReportSchema = guestSchema.extend({ ports: openPorts, loopback_ports: loopbackPorts });

export const portReportResponseSchema = z.object({ sandbox_id: uuidSchema, ports: openPorts });

export const heartbeatSchema = z.strictObject({
  taken_at: z.int().meta({
    description: "The host's clock when it took the list, unix milliseconds.",
    example: 1_764_088_200_000,
  }),
  guests: z.array(guestSchema).max(MAX_GUESTS_PER_HOST),
});

export const heartbeatResponseSchema = z.object({
  forgotten: z.array(uuidSchema).describe("Sandboxes whose routes were taken down."),
  missing: z.array(uuidSchema).describe("Sandboxes to attach again."),
});

/** A guest in the words of the code. */
export interface GuestStart {
  readonly sandboxId: string;
  readonly generation: Generation;
}

export type AttachBody = z.input<typeof attachSchema>;
export type PortReportBody = z.input<typeof portReportSchema>;
export type HeartbeatBody = z.input<typeof heartbeatSchema>;
export type HeartbeatResponse = z.output<typeof heartbeatResponseSchema>;

/** The path of a host's call on the API's hostname. */
export function hostApiPath(hostId: string, verb: HostApiVerb): string {
  return `/v1/hosts/${hostId}/${verb}`;
}

/** A guest as these calls name it. */
export function encodeGuest({ sandboxId, generation }: GuestStart): z.input<typeof guestSchema> {
  return { sandbox_id: sandboxId, generation };
}

/** @see encodeGuest */
export function decodeGuest({ sandbox_id: sandboxId, generation }: z.output<typeof guestSchema>): GuestStart {
  return { sandboxId, generation };
}

/** @param takenAtMs the host's clock when it took the list, unix milliseconds */
export function encodeHeartbeat(guests: readonly GuestStart[], takenAtMs: number): HeartbeatBody {
  return { taken_at: takenAtMs, guests: guests.map(encodeGuest) };
}

/**
 * The sandboxes that a heartbeat's response asks to attach again. A connector must go on with what it understands, so
 * anything else in the response is passed over.
 */
export function decodeMissing(response: unknown): string[] {
  const { missing } = (response ?? {}) as Partial<Record<keyof HeartbeatResponse, unknown>>;
  return Array.isArray(missing) ? missing.filter((id) => typeof id === "string") : [];
}
