import type { Usage } from "./usage.ts";

const MILLION = 1e6;

/** Memory for which each object is billed, in GB. */
const OBJECT_GB = 0.128;

/**
 * Dollars for one unit, on the paid plan, beyond what the plan includes.
 *
 * The pages below https://developers.cloudflare.com, in November 2026:
 *
 * - `/workers/platform/pricing/`: requests $0.30 a million, CPU $0.02 a million ms
 * - `/durable-objects/platform/pricing/`: calls, each RPC call and each alarm one, $0.15 a million; duration $12.50 a
 *   million GB-s; rows written $1.00 and read $0.001 a million, keys and `setAlarm` included; storage $0.20 a GB-month
 * - `/kv/platform/pricing/`: reads $0.50, writes, deletes and lists $5.00 a million; storage $0.50 a GB-month
 * - `/workers/observability/logs/workers-logs/#pricing`: lines $0.60 a million
 */
export const PRICE_LIST: Readonly<Record<keyof Usage, number>> = {
  requests: 0.3 / MILLION,
  cpuMs: 0.02 / MILLION,
  apiRequests: 0.3 / MILLION,
  apiCpuMs: 0.02 / MILLION,
  objectCalls: 0.15 / MILLION,
  alarms: 0.15 / MILLION,
  objectSeconds: (12.5 / MILLION) * OBJECT_GB,
  rowsWritten: 1 / MILLION,
  rowsRead: 0.001 / MILLION,
  kvReads: 0.5 / MILLION,
  kvWrites: 5 / MILLION,
  kvDeletes: 5 / MILLION,
  kvLists: 5 / MILLION,
  kvGbMonths: 0.5,
  liveGbMonths: 0.2,
  retainedGbMonths: 0.2,
  logLines: 0.6 / MILLION,
};
