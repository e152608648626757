/**
 * What a token may do in its workspace, each role also what the ones before it may:
 *
 * - `viewer`: read
 * - `developer`: start and end sandboxes, mint and revoke links
 * - `owner`: rotate the signing key; create, list and revoke API tokens; read the audit trail
 *
 * An org's token is an owner in all workspaces of its org, and may change the org's limit.
 */
export const ROLES = ["viewer", "developer", "owner"] as const;

export type Role = (typeof ROLES)[number];

export const DEFAULT_ROLE: Role = "developer";

/** Whether a role is at least as high as another. */
export function includesRole(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}
