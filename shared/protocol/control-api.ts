import * as z from "zod";
import { MAX_PORTS_PER_SANDBOX } from "../port.ts";
import { machineSizeSchema } from "./machine-size.ts";
import {
  accessSchema,
  generationSchema,
  loopbackSchema,
  portSchema,
  portsSchema,
  uuidSchema,
} from "./schemas.ts";

/**
 * The APIs on Unix sockets of a host, JSON over HTTP/1.1. Only the sockets' owner can open them.
 *
 * The connector's control API:
 *
 * | call | body | response |
 * | --- | --- | --- |
 * | `POST /guests` | `guestOfferSchema` | 201 `attachedGuestSchema`; 202 where the edge has not responded yet; 409, 507 |
 * | `GET /guests` | | 200 `guestListSchema` |
 * | `DELETE /guests/{id}` | | 200 `detachedGuestSchema`; 404 |
 * | `PUT /guests/{id}/ports` | `portsReportSchema` | 200 `listedGuestSchema`; 404 |
 * | `GET /stats` | | 200, the relay's counters |
 * | `GET /status` | | 200 `statusSchema` |
 *
 * The launcher's, which the connector calls:
 *
 * | call | body | response |
 * | --- | --- | --- |
 * | `POST /sandboxes` | `launchOrderSchema` | `launchedGuestSchema` |
 * | `DELETE /sandboxes/{id}` | | 2xx |
 *
 * Every refusal is `{"error": "a sentence"}`.
 */

export const GUESTS_PATH = "/guests";
export const STATS_PATH = "/stats";
export const STATUS_PATH = "/status";
export const LAUNCHER_SANDBOXES_PATH = "/sandboxes";

/** Without a zone id: an address is dialled as it stands. */
const addressSchema = z.union([z.ipv4(), z.ipv6()], "must be an IP address");
const portListSchema = z.array(portSchema).max(MAX_PORTS_PER_SANDBOX).default([]);

/** A guest as an operator, or the program that starts guests, offers it to the connector. */
export const guestOfferSchema = z.strictObject({
  sandboxId: uuidSchema,
  workspace: z.string().min(1).max(63),
  /** IP address at which this host reaches the guest. */
  address: addressSchema,
  /** Interface over which it does. */
  tap: z
    .string()
    .regex(/^[^\s/]{1,15}$/, "must be an interface name")
    .optional(),
  /** Network namespace that holds the interface, where it is not the connector's own. */
  namespace: z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/, "must be the name of a network namespace")
    .optional(),
  /** Where the agent listens, if not on the port that all agents share; never proxied. */
  agentPort: portSchema.optional(),
  /** Ports that are open already. */
  ports: portListSchema,
  /** Ports whose apps are told their public name; the others believe in localhost. */
  publicPorts: portListSchema,
  /** Who may visit the ports for which nothing else is said. */
  access: accessSchema.optional(),
  /** `off`: servers that listen on the guest's loopback only are not reached. */
  loopback: loopbackSchema.optional(),
});

/** A guest as the control API shows it. */
export const listedGuestSchema = z.object({
  sandboxId: uuidSchema,
  workspace: z.string(),
  address: z.string(),
  tap: z.string().optional(),
  namespace: z.string().optional(),
  generation: generationSchema,
  ports: portsSchema,
  /** The guest's agent is there and reports its ports. */
  agentFollowed: z.boolean(),
  /** The edge has accepted it. */
  edgeKnows: z.boolean(),
  /** Why the edge has refused it, where it did. */
  edgeRefusal: z.string().optional(),
});

export const guestListSchema = z.object({ guests: z.array(listedGuestSchema) });

export const attachedGuestSchema = listedGuestSchema.extend({
  /** How the guest is reached, in words. */
  way: z.string(),
});

export const detachedGuestSchema = listedGuestSchema.omit({ edgeRefusal: true }).extend({
  /** The edge knows that it has ended. */
  edgeKnows: z.boolean(),
});

/** Whether the connector and the edge reach each other; times in unix milliseconds. */
export const statusSchema = z.object({
  hostId: z.string(),
  /** Names this connector in its calls to the edge. */
  instance: z.string(),
  version: z.string(),
  edge: z.object({
    /** The last heartbeat that the edge accepted. */
    heardAtMs: z.number().optional(),
    /** Why the last heartbeat failed; absent where it did not. */
    failure: z.string().optional(),
  }),
  /** Of the listener's certificate; absent where it has none. */
  certificateExpiresAtMs: z.number().optional(),
  /** The keys with which passes are verified. */
  keys: z.object({
    /** When they were fetched; absent where there are none, so that no visitor is served. */
    fetchedAtMs: z.number().optional(),
    /** After that they are not used any more, unless they are fetched again. */
    usableUntilMs: z.number().optional(),
    /** Why the last fetch failed; absent where it did not. */
    failure: z.string().optional(),
  }),
});

export const portsReportSchema = z.strictObject({ ports: z.array(portSchema) });

/** What the connector asks of a launcher. */
export const launchOrderSchema = z.object({ sandboxId: uuidSchema, template: z.string() });

/** What a launcher responds about a guest that it has started. */
export const launchedGuestSchema = guestOfferSchema
  .pick({
    address: true,
    tap: true,
    namespace: true,
    agentPort: true,
    ports: true,
  })
  .extend({ size: machineSizeSchema.optional() });

export const controlErrorSchema = z.object({ error: z.string() });

export type GuestOffer = z.output<typeof guestOfferSchema>;
/** A guest offer as a caller may write it: ports may be left out. */
export type GuestOfferBody = z.input<typeof guestOfferSchema>;
export type ListedGuest = z.output<typeof listedGuestSchema>;
export type AttachedGuest = z.output<typeof attachedGuestSchema>;
export type DetachedGuest = z.output<typeof detachedGuestSchema>;
export type GuestList = z.output<typeof guestListSchema>;
export type Status = z.output<typeof statusSchema>;
export type ControlErrorBody = z.output<typeof controlErrorSchema>;
export type LaunchOrder = z.output<typeof launchOrderSchema>;

/** The path of one guest. */
export function guestPath(sandboxId: string): string {
  return `${GUESTS_PATH}/${encodeURIComponent(sandboxId)}`;
}

/** The path of one guest's ports. */
export function guestPortsPath(sandboxId: string): string {
  return `${guestPath(sandboxId)}/ports`;
}

/** The path of one sandbox at the launcher. */
export function launcherSandboxPath(sandboxId: string): string {
  return `${LAUNCHER_SANDBOXES_PATH}/${sandboxId}`;
}
