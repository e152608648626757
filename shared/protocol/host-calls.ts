import * as z from "zod";
import type { Access, LoopbackMode } from "../access.ts";
import { MAX_PORTS_WITH_SETTINGS, MAX_PRIVATE_PORTS } from "../access.ts";
import { MAX_KEY_VERSION } from "../link/link-token.ts";
import { machineSizeSchema } from "./machine-size.ts";
import { accessSchema, loopbackSchema, portSchema, portsSchema, uuidSchema } from "./schemas.ts";

/**
 * What the edge asks of a host itself, through the connector's relay, with a pass of kind `host` (`pass.ts`):
 *
 * | call | body | response |
 * | --- | --- | --- |
 * | `POST /sandboxes` | `launchSchema` | 201 `launchResponseSchema`; 501 where the host has no launcher |
 * | `DELETE /sandboxes/{id}` | none | 200; 501 where the host has no launcher |
 * | `POST /revocations` | `revocationSchema` | 200 `revocationResponseSchema` |
 * | `POST /access` | `accessChangeSchema` | 200 `revocationResponseSchema` |
 * | `GET /health` | none | 200 `healthResponseSchema` |
 * | `GET /guests/{id}/port-events?dial={port}` | none | 200, an event stream (`port-events.ts`); 404, 503 |
 * | `POST /guests/{id}/dial` | `dialSchema` | 200 `dialResponseSchema`; 404 |
 * | `POST /guests/{id}/requests` | `listRequestsSchema` (`request-log.ts`) | 200 `listedRequestsSchema`; 404 |
 * | `DELETE /guests/{id}/requests` | none | 200; 404 |
 * | `POST /guests/{id}/request` | `showRequestSchema` | 200 `shownRequestSchema` or `logRefusalSchema`; 404 |
 * | `POST /guests/{id}/replays` | `replayRequestSchema` | 200 `replaySchema` or `logRefusalSchema`; 404 |
 * | `GET /guests/{id}/request-events?port={port}` | none | 200, an event stream; 404, 503 |
 * | `POST /usage` | `usageQuerySchema` | 200 `usageResponseSchema` |
 *
 * Every refusal is `{"error": "a sentence"}`.
 */

export const LAUNCH_PATH = "/sandboxes";
export const REVOCATIONS_PATH = "/revocations";
/** Separate from revocations, so that a connector of a former release, which does not know it, still applies those. */
export const ACCESS_PATH = "/access";
/** Asked of a host whose heartbeats do not arrive: one that responds still serves its visitors. */
export const HEALTH_PATH = "/health";

export const USAGE_PATH = "/usage";

export const GUESTS_PREFIX = "/guests/";

/** Links that one call may revoke. */
export const MAX_LINKS_PER_REVOCATION = 1000;

export const launchSchema = z.strictObject({
  sandbox_id: uuidSchema,
  workspace: z.string().min(1).max(63),
  template: z.string().min(1).max(63),
});

export const launchResponseSchema = z.object({
  sandbox_id: uuidSchema,
  /** `false`: the sandbox runs, and its host has yet to announce it. */
  edge_knows: z.boolean(),
  /** As its launcher reports it. */
  size: machineSizeSchema.optional(),
});

export const revocationSchema = z.strictObject({
  sandbox_id: uuidSchema,
  /** Ids of single links, as passes name them. */
  links: z.array(z.string().min(1).max(64)).max(MAX_LINKS_PER_REVOCATION).default([]),
  /** The key versions that still hold, where some do not any more. */
  key_versions: z.array(z.int().min(0).max(MAX_KEY_VERSION)).optional(),
  /**
   * `true`: the sandbox is suspended, so everything that is open is cut, and what was admitted a moment ago is refused;
   * `false`: it is suspended no more.
   */
  all: z.boolean().optional(),
});

/** Who may visit a sandbox's ports from now on: all of it, not only what has changed. */
export const accessChangeSchema = z.strictObject({
  sandbox_id: uuidSchema,
  /** Grows with each change: an older state does not undo a newer one. */
  revision: z.int().min(0),
  /** For all ports but the exceptions. */
  access: accessSchema,
  except: z
    .array(z.strictObject({ port: portSchema, access: accessSchema }))
    .max(MAX_PORTS_WITH_SETTINGS + MAX_PRIVATE_PORTS + 1),
  loopback: loopbackSchema,
});

export const revocationResponseSchema = z.object({
  /** Requests and tunnels that were cut. */
  cut: z.int().min(0),
});

export const healthResponseSchema = z.object({
  /** The connector that responds, as its host tokens name it. */
  instance: z.string(),
});

export const dialSchema = z.strictObject({ port: portSchema });

export const dialResponseSchema = z.object({
  /** Why no connection to the port could be opened; absent where one was. */
  refusal: z.string().optional(),
  open_ports: portsSchema,
});

export const hostErrorSchema = z.object({ error: z.string().optional() });

export type LaunchBody = z.input<typeof launchSchema>;
export type LaunchResponse = z.output<typeof launchResponseSchema>;
export type RevocationBody = z.input<typeof revocationSchema>;
export type RevocationResponse = z.output<typeof revocationResponseSchema>;
export type DialResponse = z.output<typeof dialResponseSchema>;
export type HealthResponse = z.output<typeof healthResponseSchema>;

/** What the edge revokes of one sandbox: links, or every access. */
export interface Revocation {
  readonly sandboxId: string;
  /** Ids of single links, as passes name them. */
  readonly links: readonly string[];
  /** The key versions that still hold, where some do not any more. */
  readonly keyVersions?: readonly number[];
  /** Whether every access is revoked, also by the public hostname; absent where that has not changed. */
  readonly all?: boolean;
}

/** Who may visit a sandbox's ports, as the edge has decided it. */
export interface AccessChange {
  readonly sandboxId: string;
  readonly revision: number;
  readonly access: Access;
  readonly except: readonly { readonly port: number; readonly access: Access }[];
  readonly loopback: LoopbackMode;
}

/** The path of one sandbox that the host launched. */
export function launchedSandboxPath(sandboxId: string): string {
  return `${LAUNCH_PATH}/${sandboxId}`;
}

/**
 * The path of the stream of a guest's ports.
 *
 * @param dial a port that the connector tries to connect to until it is open, for a guest without an agent
 */
export function portEventsPath(sandboxId: string, dial?: number): string {
  return `${GUESTS_PREFIX}${sandboxId}/port-events${dial === undefined ? "" : `?dial=${dial}`}`;
}

export function dialPath(sandboxId: string): string {
  return `${GUESTS_PREFIX}${sandboxId}/dial`;
}

/** The path of the log of a guest's requests. */
export function requestsPath(sandboxId: string): string {
  return `${GUESTS_PREFIX}${sandboxId}/requests`;
}

export function requestPath(sandboxId: string): string {
  return `${GUESTS_PREFIX}${sandboxId}/request`;
}

export function replayPath(sandboxId: string): string {
  return `${GUESTS_PREFIX}${sandboxId}/replays`;
}

/** @param port only requests to this one */
export function requestEventsPath(sandboxId: string, port?: number): string {
  return `${GUESTS_PREFIX}${sandboxId}/request-events${port === undefined ? "" : `?port=${port}`}`;
}

export function encodeRevocation({ sandboxId, links, keyVersions, all }: Revocation): RevocationBody {
  return {
    sandbox_id: sandboxId,
    links: [...links],
    ...(keyVersions !== undefined && { key_versions: [...keyVersions] }),
    ...(all !== undefined && { all }),
  };
}

/** @see encodeRevocation */
export function decodeRevocation(body: z.output<typeof revocationSchema>): Revocation {
  const { sandbox_id: sandboxId, links, key_versions: keyVersions, all } = body;
  return {
    sandboxId,
    links,
    ...(keyVersions !== undefined && { keyVersions }),
    ...(all !== undefined && { all }),
  };
}

export function encodeAccessChange({
  sandboxId,
  revision,
  access,
  except,
  loopback,
}: AccessChange): z.input<typeof accessChangeSchema> {
  return { sandbox_id: sandboxId, revision, access, except: [...except], loopback };
}

/** @see encodeAccessChange */
export function decodeAccessChange(body: z.output<typeof accessChangeSchema>): AccessChange {
  const { sandbox_id: sandboxId, ...rest } = body;
  return { sandboxId, ...rest };
}
