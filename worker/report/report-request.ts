import { linkId } from "../../shared/link/link-id.ts";
import { ERROR_HEADER } from "../../shared/protocol/headers.ts";
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
  /** Our refusal; none where the app answered. */
  readonly code: string | undefined;
  /** Until the object had decided, and until the answer's head was there. */
  readonly admitMs: number | undefined;
  readonly totalMs: number;
  /** The visitor's trace (W3C Trace Context), where there is one. */
  readonly trace: string | undefined;
  /** Requests that this one stands for. */
  readonly weight: number;
}

/** Two digits, 32 of the trace, 16 of its parent, two of flags. */
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * How many requests this one stands for in the log: 1 for what was refused or failed, 0 for not logged.
 *
 * A flood on a limited name must not become a flood in the log: what the isolate refuses by itself is sampled like
 * successes. The refusal that it repeats was logged.
 */
export function reportWeight(record: RequestRecord, response: Response, sampleRate: number): number {
  const { status } = response;
  const remarkable =
    status >= 400 && response.headers.has(ERROR_HEADER) && !(status === 429 && !record.asked);
  if (remarkable) return 1;
  return Math.random() < sampleRate ? 1 / sampleRate : 0;
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
  { requestId, startedMs, admittedMs, isApi, address, hostId }: RequestRecord,
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
    admitMs: admittedMs && admittedMs - startedMs,
    totalMs: nowMs - startedMs,
    trace: TRACEPARENT.exec(request.headers.get("traceparent") ?? "")?.[1],
    weight,
  };
}
