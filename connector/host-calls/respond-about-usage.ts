import * as z from "zod";
import type { UsageResponse } from "../../shared/protocol/request-log.ts";
import { USAGE_STEPS, usageQuerySchema } from "../../shared/protocol/request-log.ts";
import { errorResponse } from "../control/error-response.ts";
import type { JsonResponse } from "../control/serve-json.ts";
import type { RelayGuest } from "../relay/relay.ts";
import type { UsageLog } from "../usage/usage-log.ts";
import { addSeries, bucketOf } from "../usage/usage-log.ts";

export interface UsageContext {
  readonly guests: { find(sandboxId: string): RelayGuest | undefined };
  readonly log: UsageLog;
}

/** How many requests came to some sandboxes in the last hour. Those that this host does not have are left out. */
export function respondAboutUsage(body: unknown, { guests, log }: UsageContext): JsonResponse {
  const parsed = usageQuerySchema.safeParse(body);
  if (!parsed.success) return errorResponse(400, z.prettifyError(parsed.error));
  const nowMs = Date.now();
  const total = new Array<number>(USAGE_STEPS).fill(0);
  const sandboxes: UsageResponse["sandboxes"] = [];
  for (const id of parsed.data.sandboxes) {
    const guest = guests.find(id);
    if (guest === undefined) continue;
    const described = log.describe(guest, nowMs, true);
    for (const { admitted } of described.ports) addSeries(total, admitted);
    sandboxes.push(parsed.data.series ? described : { ...described, ports: [] });
  }
  return { status: 200, body: { last: bucketOf(nowMs), sandboxes, total } satisfies UsageResponse };
}
