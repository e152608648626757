/** Longest id that an admin may choose. */
export const MAX_NAME_LENGTH = 63;

/**
 * Ids that admins choose for orgs, workspaces and hosts. They become parts of KV keys, object names and URLs.
 */
export const NAME_PATTERN = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/** Whether a text may be the id of an org, a workspace or a host. */
export function isName(text: string): boolean {
  return NAME_PATTERN.test(text);
}
