import type { ListRequests, RequestSummary } from "../../../shared/protocol/request-log.ts";
import type { CapturedExchange } from "../captured-exchange.ts";
import type { RequestLog } from "../request-log.ts";
import { summarise } from "./describe-exchange.ts";

export interface ListedExchanges {
  readonly requests: RequestSummary[];
  /** There are older ones. */
  readonly more: boolean;
}

/** One page of a log, newest first. */
export function listExchanges(log: RequestLog | undefined, ask: ListRequests): ListedExchanges {
  const requests: RequestSummary[] = [];
  for (const exchange of log?.list() ?? []) {
    if (ask.before !== undefined && exchange.id >= ask.before) continue;
    const summary = summarise(exchange);
    if (!isWanted(exchange, summary, ask)) continue;
    if (requests.length === ask.limit) return { requests, more: true };
    requests.push(summary);
  }
  return { requests, more: false };
}

function isWanted(
  { atMs }: CapturedExchange,
  summary: RequestSummary,
  { port, method, status, path, since, until }: ListRequests,
): boolean {
  if (port !== undefined && summary.port !== port) return false;
  if (method !== undefined && summary.method !== method) return false;
  if (status !== undefined && !isStatus(summary.status, status)) return false;
  if (path !== undefined && !summary.path.includes(path)) return false;
  return atMs >= (since ?? 0) && atMs < (until ?? Number.POSITIVE_INFINITY);
}

/** @param wanted a status, or a class of them: `4xx` */
function isStatus(status: number, wanted: string): boolean {
  return wanted.endsWith("xx") ? String(status)[0] === wanted[0] : status === Number(wanted);
}
