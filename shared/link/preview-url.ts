/**
 * The public preview URL of a port: string formatting, no look-up.
 *
 * @param scheme `https`, or `http` on a developer's machine
 * @param suffix the preview domain, with a port where it needs one: `example.com`, `localhost:8787`
 */
export function publicUrl(scheme: string, suffix: string, sandboxId: string, port: number): string {
  return `${scheme}://${port}-${sandboxId}.${suffix}`;
}

/** The signed preview URL of a link's token. */
export function linkUrl(scheme: string, suffix: string, token: string): string {
  return `${scheme}://${token}.${suffix}`;
}
