import type { Project } from "./project/project.ts";
import type { Visit } from "./visit/visit.ts";

/**
 * What a visitor does at a server, in this order:
 *
 * - `page`: the page renders, and its script runs
 * - `post`: a form or a call of the API passes the server's check of `Origin`, `Referer` or a CSRF token
 * - `live`: an edit of a source file, or what the server sends over its socket, appears on the open page
 * - `redirect`: a redirect by the server stays on the public origin
 * - `login`: a cookie that the server sets is there in the next request
 */
export const CHECKS = ["page", "post", "live", "redirect", "login"] as const;
export type CheckName = (typeof CHECKS)[number];
export type Checks = { readonly [name in CheckName]?: (visit: Visit) => Promise<void> };

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A server that people run in a sandbox, and what a visitor does there. */
export interface DevServer {
  /** For `--only`. */
  readonly name: string;
  readonly title: string;
  readonly port: number;
  readonly project: Project;
  /** Run in the project's folder; by a shell where it is text. */
  readonly start: string | Command;
  readonly checks: Checks;
  /** The setting that the app needs, for the table; absent: none. */
  readonly setting?: string;
  /** Told its public name instead of `localhost`. */
  readonly hostPolicy?: "public";
  /** Errors in the console that the app has at `localhost`, too. */
  readonly ownErrors?: RegExp;
  /** For the table. */
  readonly remark?: string;
}
