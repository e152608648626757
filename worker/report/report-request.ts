import type { Budget, PageBudget } from "../../shared/limit/rate-limit-fields.ts";
import { linkId } from "../../shared/link/link-id.ts";
import { ERROR_HEADER } from "../../shared/protocol/headers.ts";
import type { RefusalCode } from "../../shared/refusal/refusal.ts";
import type { Environment } from "../environment.ts";
import type { RequestRecord } from "./request-record.ts";

/** One request, as operators see it. Holds no token, no address of a visitor, no path. */
interface RequestReport {
  readonly event: "request";
  readonly request: string;
  readonly kind: "public" | "link" | "api" | "none";
  readonly sandbox: string | undefined;
  readonly port: number | undefined;
  /** The link's id: its token opens the preview, and is a secret. */
  readonly link: string | undefined;
  readonly host: string | undefined;
  readonly method: string;
  readonly status: number;
  /** Our refusal; none where the app responded. */
  readonly code: string | undefined;
  /** For `rate_limited`: the limit that refused it, and the budget of pages that was spent, too. */
  readonly budget: Budget | undefined;
  readonly pageBudget: PageBudget | undefined;
  /** Until the request was admitted, and until the response's head was there. */
  readonly admitMs: number | undefined;
  readonly totalMs: number;
  /** The visitor's trace id (W3C Trace Context), where there is one. */
  readonly trace: string | undefined;
  /** Requests that this line stands for. */
  readonly weight: number;
}

/** Refusals that cost no object call and need no credential. */
const SAMPLED: ReadonlySet<string> = new Set<RefusalCode>([
  "unknown_host",
  "link_incomplete",
  "link_invalid",
  "rate_limited",
  "unauthorized",
  "request_malformed",
  "https_required",
]);

/** Version, 16 bytes of trace id, 8 of parent id, flags. */
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * How many requests this one stands for in the log: 1 for a refusal or a failure, 0 where it is not logged.
 *
 * A flood must not become a flood in the log. What anyone can cause without a credential, and the isolate refuses by
 * itself, is sampled like successes: names that are not ours, junk tokens, and refusals that it repeats, whose first one
 * was logged, such as those of a limit or of a silent host.
 */
export function reportWeight(
  record: Pick<RequestRecord, "requestId" | "asked" | "repeated">,
  response: Response,
  sampleRate: number,
): number {
  const code = response.headers.get(ERROR_HEADER);
  const isNew = record.asked || (!record.repeated && !SAMPLED.has(code ?? ""));
  if (code !== null && isNew) return 1;
  return drawOf(record.requestId) < sampleRate ? 1 / sampleRate : 0;
}

/** A number from 0 to 1, exclusive, that is as random as the request's id: its first 32 bits, all random in a UUID v4. */
function drawOf(requestId: string): number {
  return Number.parseInt(requestId.slice(0, 8), 16) / 2 ** 32;
}

/** Writes a request's log line, and its point where the deployment has a dataset. */
export async function reportRequest(
  record: RequestRecord,
  request: Request,
  response: Response,
  weight: number,
  environment: Environment,
): Promise<void> {
  const report = await describe(record, request, response, weight);
  console.log(report);
  environment.ANALYTICS?.writeDataPoint({
    indexes: [report.sandbox ?? report.kind],
    blobs: [report.kind, report.code ?? "", report.host ?? "", report.link ?? ""],
    doubles: [weight, report.status, report.admitMs ?? 0, report.totalMs],
  });
}

async function describe(
  { requestId, startedMs, admittedMs, isApi, address, hostId, refusal }: RequestRecord,
  request: Request,
  response: Response,
  weight: number,
): Promise<RequestReport> {
  const nowMs = Date.now();
  const kind = address === undefined ? (isApi ? "api" : "none") : address.link ? "link" : "public";
  return {
    event: "request",
    request: requestId,
    kind,
    sandbox: address?.sandboxId,
    port: address?.port,
    link: address?.link && (await linkId(address.link)),
    host: hostId,
    method: request.method,
    status: response.status,
    code: response.headers.get(ERROR_HEADER) ?? undefined,
    budget: refusal?.code === "rate_limited" ? (refusal.budget ?? "default") : undefined,
    pageBudget: refusal?.page?.budget,
    admitMs: admittedMs && admittedMs - startedMs,
    totalMs: nowMs - startedMs,
    trace: TRACEPARENT.exec(request.headers.get("traceparent") ?? "")?.[1],
    weight,
  };
}
