import type { RateLimit } from "../limit/gcra.ts";
import type { Budget, PageBudget } from "../limit/rate-limit-fields.ts";

/**
 * Every refusal of this system, in one table: code → status, title, public sentence.
 *
 * A refusal is a value that deciding functions return and never throw. Its code is sent in the `preview-error` field, by
 * which our response can be distinguished from the app's own.
 */

interface RefusalEntry {
  readonly status: number;
  readonly title: string;
  /** One sentence for the person who sees the page; reveals nothing beyond the code. */
  readonly detail: string;
}

export const REFUSALS = {
  unknown_host: { status: 404, title: "No preview here", detail: "This address is not a preview URL." },
  sandbox_not_found: {
    status: 404,
    title: "Sandbox not found",
    detail: "There is no running sandbox at this address. It may have been stopped.",
  },
  link_incomplete: {
    status: 404,
    title: "This link is incomplete",
    detail: "A part of this link is missing, or there is too much of it.",
  },
  link_invalid: {
    status: 403,
    title: "Link not valid",
    detail: "This link does not open anything. It may be damaged or incomplete.",
  },
  link_expired: {
    status: 403,
    title: "Link expired",
    detail: "This link has expired. Ask the person who shared it for a new one.",
  },
  link_revoked: { status: 403, title: "Link revoked", detail: "This link was revoked by its owner." },
  suspended: {
    status: 403,
    title: "Suspended",
    detail: "This preview has been suspended by the operator of this service.",
  },
  path_not_allowed: {
    status: 403,
    title: "Not part of this link",
    detail: "This link opens only some paths, and this is not one of them.",
  },
  port_not_linked: {
    status: 403,
    title: "Port not part of this link",
    detail: "The app led to another port of its sandbox, and this link opens only one.",
  },
  rate_limited: {
    status: 429,
    title: "Too many requests",
    detail: "This preview has received more requests than its limit allows. Try again shortly.",
  },
  port_reserved: { status: 403, title: "Port reserved", detail: "This port belongs to the sandbox agent." },
  port_off: {
    status: 403,
    title: "Port not open",
    detail: "The owner of this sandbox has turned this port off.",
  },
  port_limit: {
    status: 403,
    title: "Too many ports",
    detail: "This sandbox already exposes as many ports as it may. Close one to open another.",
  },
  port_closed: {
    status: 502,
    title: "Nothing is listening yet",
    detail: "The sandbox is running, but no server listens on this port.",
  },
  guest_unreachable: {
    status: 502,
    title: "Sandbox unreachable",
    detail: "The sandbox did not accept a connection.",
  },
  guest_protocol: {
    status: 502,
    title: "Not a valid HTTP response",
    detail: "The server in the sandbox sent something that is not valid HTTP.",
  },
  host_unreachable: {
    status: 502,
    title: "Host unreachable",
    detail: "The machine that runs this sandbox cannot be reached at the moment.",
  },
  too_many_connections: {
    status: 503,
    title: "Too many connections",
    detail: "This preview has as many open connections as it may have. Try again shortly.",
  },
  draining: {
    status: 503,
    title: "Restarting",
    detail: "The machine that runs this sandbox is restarting its relay. Try again in a moment.",
  },
  guest_timeout: {
    status: 504,
    title: "No response in time",
    detail: "The server in the sandbox accepted the request but did not respond in time.",
  },
  request_malformed: { status: 400, title: "Bad request", detail: "This request is not valid HTTP." },
  https_required: {
    status: 403,
    title: "HTTPS required",
    detail: "This address is served over HTTPS only.",
  },
  pass_invalid: {
    status: 403,
    title: "Pass not valid",
    detail: "The request carries no valid pass for this host.",
  },
  guest_not_here: { status: 421, title: "Not here", detail: "This host does not run that sandbox." },

  request_invalid: { status: 400, title: "Invalid request", detail: "The request is not valid." },
  unauthorized: {
    status: 401,
    title: "Unauthorized",
    detail: "The call needs a valid API token: `Authorization: Bearer …`.",
  },
  forbidden: { status: 403, title: "Forbidden", detail: "This credential may not do that." },
  not_found: { status: 404, title: "Not found", detail: "There is no such resource." },
  method_not_allowed: {
    status: 405,
    title: "Method not allowed",
    detail: "The resource does not support this method.",
  },
  conflict: { status: 409, title: "Conflict", detail: "The call conflicts with a newer state." },
  generation_ended: {
    status: 409,
    title: "Generation ended",
    detail: "This generation of the guest has ended. Announce the guest in a new one.",
  },
  host_full: {
    status: 409,
    title: "Host full",
    detail: "The host has as many sandboxes as a host may have.",
  },
  launcher_missing: {
    status: 501,
    title: "No launcher",
    detail: "No host of this deployment is configured to launch sandboxes.",
  },
  edge_unavailable: {
    status: 503,
    title: "Temporarily unavailable",
    detail: "The preview service cannot decide about this request right now. Try again shortly.",
  },
  edge_misconfigured: {
    status: 503,
    title: "Not configured",
    detail: "The preview service is not configured correctly. Its operator finds the reason in the log.",
  },
  internal: { status: 500, title: "Internal error", detail: "Something went wrong on our side." },
} as const satisfies Record<string, RefusalEntry>;

export type RefusalCode = keyof typeof REFUSALS;

/** A budget of pages that has no permit left, and its limit. */
export interface SpentPage {
  readonly budget: PageBudget;
  readonly limit: RateLimit;
}

export interface RefusalFacts {
  /** Overrides the table's public sentence; must hold no secret. */
  readonly detail?: string;
  /** Whole seconds until asking again can help, ≥ 1. */
  readonly retryAfterS?: number;
  /** Ports of the same sandbox on which servers listen, for `port_closed`. */
  readonly openPorts?: readonly number[];
  /** A path that the link opens, for `path_not_allowed`. */
  readonly allowedPath?: string;
  /** The limit that was hit, for the IETF `ratelimit` fields. */
  readonly limit?: RateLimit;
  /** Which limit that is; `default` if it is not given. */
  readonly budget?: Budget;
  /** The budget of pages that was spent, too, where a page's own request was refused. */
  readonly page?: SpentPage;
  /** Where to ask about a suspension or to report abuse: an email address or a URL, for `suspended`. */
  readonly contact?: string;
  /** Invalid members of a request, by JSON path, for `request_invalid`. */
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

export interface Refusal extends RefusalFacts {
  readonly kind: "refusal";
  readonly code: RefusalCode;
}

/**
 * Makes a refusal.
 *
 * @example Refusing a limited visitor
 * ```ts
 * return refuse("rate_limited", { retryAfterS: 3 });
 * ```
 */
export function refuse(code: RefusalCode, facts?: RefusalFacts): Refusal {
  return { kind: "refusal", code, ...facts };
}

/**
 * Recognises a refusal among the other things that a deciding function returns, also after a call between objects,
 * which copies values.
 */
export function isRefusal(value: unknown): value is Refusal {
  if (typeof value !== "object" || value === null || (value as Partial<Refusal>).kind !== "refusal")
    return false;
  const { code } = value as Partial<Refusal>;
  return typeof code === "string" && Object.hasOwn(REFUSALS, code);
}
