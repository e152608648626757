import type { Refusal } from "../../shared/refusal/refusal.ts";
import { refuse } from "../../shared/refusal/refusal.ts";
import { isAmbiguousPath } from "./is-ambiguous-path.ts";
import { normalisePath } from "./normalise-path.ts";

/**
 * Decides whether a restricted link opens a path.
 *
 * @param pathname as `URL.pathname` gives it
 * @param paths normalised; each opens itself and what lies below it; `undefined` opens everything
 */
export function checkPath(pathname: string, paths: readonly string[] | undefined): Refusal | undefined {
  if (paths === undefined) return undefined;
  if (!isAmbiguousPath(pathname)) {
    const asked = normalisePath(pathname);
    if (paths.some((path) => isWithin(asked, path))) return undefined;
  }
  const [allowedPath] = paths;
  return refuse("path_not_allowed", allowedPath === undefined ? {} : { allowedPath });
}

function isWithin(pathname: string, path: string): boolean {
  const base = path.endsWith("/") ? path.slice(0, -1) : path;
  return pathname === path || pathname === base || pathname.startsWith(`${base}/`);
}
