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
 * A heartbeat has all guests of the host, or what has changed since the one before, by the `revision` in the response to
 * that. An edge that does not hold that list, since it is another one or has lost its memory, asks for all (`resend`).
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

const revisionSchema = z.string().min(1).max(64).meta({ example: "0b6f1c1e-7a55-4a0b-9d0c-3f5f8a3f2f11" });

export const heartbeatSchema = z
  .strictObject({
    taken_at: z.int().meta({
      description: "The host's clock when it took the list, unix milliseconds.",
      example: 1_764_088_200_000,
    }),
    guests: z
      .array(guestSchema)
      .max(MAX_GUESTS_PER_HOST)
      .describe("All attached guests; with `since`, those that were attached since."),
    since: revisionSchema
      .optional()
      .describe("The `revision` in the response to the heartbeat before, whose list this one changes."),
    ended: z
      .array(uuidSchema)
      .max(MAX_GUESTS_PER_HOST)
      .optional()
      .describe("With `since`: sandboxes that are not attached any more."),
    count: z
      .int()
      .min(0)
      .max(MAX_GUESTS_PER_HOST)
      .optional()
      .describe("With `since`: how many guests are attached now."),
  })
  .refine(
    ({ since, ended, count }) => (since === undefined) === (ended === undefined && count === undefined),
    "since, ended and count belong together",
  );

export const heartbeatResponseSchema = z.object({
  forgotten: z.array(uuidSchema).describe("Sandboxes whose routes were taken down."),
  missing: z.array(uuidSchema).describe("Sandboxes to attach again."),
  revision: revisionSchema
    .optional()
    .describe("Names the list that the edge holds now: the next heartbeat may say what has changed since."),
  resend: z
    .boolean()
    .optional()
    .describe(
      "The edge does not hold the list of `since`, and has changed nothing: all guests are to be sent.",
    ),
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

/** How a host's list of guests differs from the one of an earlier heartbeat. */
export interface GuestChanges {
  /** Of the list that it differs from. */
  readonly since: string;
  readonly attached: readonly GuestStart[];
  /** Ids of sandboxes. */
  readonly ended: readonly string[];
  /** Guests in the list now. */
  readonly count: number;
}

/** @see encodeHeartbeat */
export function encodeHeartbeatChanges(
  { since, attached, ended, count }: GuestChanges,
  takenAtMs: number,
): HeartbeatBody {
  return { ...encodeHeartbeat(attached, takenAtMs), since, ended: [...ended], count };
}

/** @returns `undefined` for a heartbeat that has all guests */
export function decodeHeartbeatChanges({
  since,
  guests,
  ended = [],
  count = 0,
}: z.output<typeof heartbeatSchema>): GuestChanges | undefined {
  return since === undefined ? undefined : { since, attached: guests.map(decodeGuest), ended, count };
}

/** What a connector does with the response to a heartbeat. */
export interface HeartbeatOutcome {
  /** Sandboxes to attach again. */
  readonly missing: readonly string[];
  /** Absent where the edge keeps no list: each heartbeat has all guests. */
  readonly revision?: string;
  readonly resend: boolean;
}

/** A connector must go on with what it understands, so anything else in the response is passed over. */
export function decodeHeartbeatOutcome(response: unknown): HeartbeatOutcome {
  const { missing, revision, resend } = (response ?? {}) as Partial<Record<keyof HeartbeatResponse, unknown>>;
  return {
    missing: Array.isArray(missing) ? missing.filter((id) => typeof id === "string") : [],
    ...(typeof revision === "string" && { revision }),
    resend: resend === true,
  };
}
