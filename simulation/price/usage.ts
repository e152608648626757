/** What Cloudflare bills, in its own units, during some time. */
export interface Usage {
  /** Visitors' requests to the Worker. */
  readonly requests: number;
  readonly cpuMs: number;
  /** Calls of hosts, owners and admins. */
  readonly apiRequests: number;
  readonly apiCpuMs: number;
  readonly objectCalls: number;
  readonly alarms: number;
  /** Time in which objects had work. */
  readonly objectSeconds: number;
  readonly rowsWritten: number;
  readonly rowsRead: number;
  readonly kvReads: number;
  readonly kvWrites: number;
  readonly kvDeletes: number;
  readonly kvLists: number;
  readonly kvGbMonths: number;
  /** Storage of sandboxes that run, and of all other objects. */
  readonly liveGbMonths: number;
  /** Storage of the sandboxes that have ended in this time, until they are forgotten. */
  readonly retainedGbMonths: number;
  readonly logLines: number;
}

const BYTES_PER_GB = 1e9;
const SECONDS_PER_MONTH = 30 * 24 * 3600;

/** As Cloudflare bills storage: a month has 30 days. */
export function toGbMonths(bytes: number, seconds: number): number {
  return (bytes / BYTES_PER_GB) * (seconds / SECONDS_PER_MONTH);
}
