import * as z from "zod";
import { nameSchema } from "./schemas.ts";

/**
 * The enrolment of a host: it registers its public key and its address at the edge, with a one-time token that the admin
 * has created for exactly this host (`POST /v1/admin/enrolments`).
 *
 * | call | credential | body | response |
 * | --- | --- | --- | --- |
 * | `PUT /v1/hosts/{host}` | `Bearer`, the enrolment token | `enrolmentSchema` | `enrolledHostSchema` |
 *
 * The first call that succeeds uses the token up. A call that is refused does not, so that it can be corrected: 400 for
 * an origin that is not accepted, 409 where another key is enrolled and `replace` is not set.
 */

/** What an enrolment token begins with, so that secret scanners and people recognise it. */
export const ENROLMENT_TOKEN_PREFIX = "pve_";

/** The public part of a host's key as JWK (RFC 8037). */
export const hostPublicKeySchema = z
  .strictObject({
    kty: z.literal("OKP"),
    crv: z.literal("Ed25519"),
    x: z.base64url().length(43).meta({ example: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }),
  })
  .describe("The key that verifies its calls, as JWK (RFC 8037).");

/** Which origins the edge accepts, it decides itself: `https`, a DNS name, and none of its own. */
export const originSchema = z
  .url({ protocol: /^https?$/ })
  .transform((url) => new URL(url).origin)
  .meta({
    description: "Where the edge reaches its connector: https and a DNS name; a path is ignored.",
    example: "https://host-1.hosts.example.net:8443",
  });

export const enrolmentSchema = z.strictObject({
  origin: originSchema,
  public_key: hostPublicKeySchema,
  launches: z.boolean().default(false).describe("It can start sandboxes."),
  replace: z
    .boolean()
    .default(false)
    .describe("Needed where the id is enrolled already, with another key: that key is refused from then on."),
});

export const enrolledHostSchema = z.object({
  id: nameSchema.describe("The host's id."),
  origin: z.url(),
  workspaces: z
    .array(nameSchema)
    .optional()
    .describe("The only workspaces whose sandboxes it may announce; absent where it may announce all."),
  enrolled_at: z
    .string()
    .meta({ format: "date-time", description: "RFC 3339, UTC.", example: "2026-11-25T16:30:00Z" }),
});

export type EnrolmentBody = z.input<typeof enrolmentSchema>;
export type EnrolledHost = z.output<typeof enrolledHostSchema>;

/** The path of a host's enrolment on the API's hostname. */
export function enrolmentPath(hostId: string): string {
  return `/v1/hosts/${hostId}`;
}
