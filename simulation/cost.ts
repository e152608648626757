/** The use of some previews. */
export interface Usage {
  readonly requests: number;
  readonly cpuMsPerRequest: number;
  readonly kvReads: number;
  readonly objectCalls: number;
  /** Time in which objects worked, summed. */
  readonly objectSeconds: number;
}

/** Dollars per million, by Cloudflare's price list. */
const PER_MILLION = {
  requests: 0.3,
  cpuMs: 0.02,
  kvReads: 0.5,
  objectCalls: 0.15,
  /** An object is billed for 128 MB. */
  objectSeconds: 1.6,
  kvWrites: 5,
  rowsWritten: 1,
  rowsRead: 0.001,
} as const;

/** Dollars per million requests: the formula in the reference on Cloudflare, beyond what is included. */
export function dollarsPerMillion(usage: Usage): number {
  const each = 1 / usage.requests;
  return (
    PER_MILLION.requests +
    PER_MILLION.cpuMs * usage.cpuMsPerRequest +
    PER_MILLION.kvReads * usage.kvReads * each +
    PER_MILLION.objectCalls * usage.objectCalls * each +
    PER_MILLION.objectSeconds * usage.objectSeconds * each
  );
}

/** The cost of KV writes and of rows in objects, which that formula leaves out. Dollars per million requests. */
export function storageDollarsPerMillion(usage: {
  readonly requests: number;
  readonly kvWrites: number;
  readonly rowsWritten: number;
  readonly rowsRead: number;
}): number {
  const { requests, kvWrites, rowsWritten, rowsRead } = usage;
  const total =
    PER_MILLION.kvWrites * kvWrites + PER_MILLION.rowsWritten * rowsWritten + PER_MILLION.rowsRead * rowsRead;
  return total / requests;
}
