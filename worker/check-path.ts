import type { Refusal } from "../shared/refusal.ts";
import { refuse } from "../shared/refusal.ts";

/** An encoded separator or dot segment: the edge and the app may read it differently. */
const AMBIGUOUS = /%2f|%5c|\\|(^|\/)(\.|%2e){1,2}(\/|$)/i;

/**
 * Decides whether a restricted link opens a path.
 *
 * @param pathname as `URL.pathname` gives it
 * @param paths each opens itself and what lies below it; `undefined` opens everything
 */
export function checkPath(pathname: string, paths: readonly string[] | undefined): Refusal | undefined {
  if (paths === undefined) return undefined;
  if (AMBIGUOUS.test(pathname)) return refuse("path_not_allowed");
  return paths.some((path) => isWithin(pathname, path)) ? undefined : refuse("path_not_allowed");
}

function isWithin(pathname: string, path: string): boolean {
  const base = path.endsWith("/") ? path.slice(0, -1) : path;
  return pathname === path || pathname === base || pathname.startsWith(`${base}/`);
}
