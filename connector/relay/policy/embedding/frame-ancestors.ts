/**
 * The field that lets a link be embedded by these origins, and by no other. `'self'` is for the app's own frames: every
 * ancestor of a frame must be allowed.
 */
export function frameAncestors(origins: readonly string[]): string {
  return `content-security-policy: frame-ancestors 'self' ${origins.join(" ")}\r\n`;
}
